/** OpenSSH's server: SFTP over SSH, with keys of its own, run out of a private configuration. */
import { join } from "@std/path";
import { findProgram, isRoot, missingPackages, startServer, urlHost } from "./process.ts";

/** What the server shall do. */
export interface SshdOptions {
  /** Let in an unprivileged user; needs root. Default: whoever runs the tests. */
  readonly unprivileged?: boolean;
  /** The command behind the subsystem "sftp", `none` for none; default OpenSSH's own. */
  readonly sftp?: string;
  /** Show only this directory, as the root, and run nothing but SFTP; needs root. */
  readonly chroot?: string;
  /** Lines for the server's configuration, before all others: the first of a kind counts. */
  readonly snippet?: string;
}

/** A running SSH server. */
export interface Sshd extends AsyncDisposable {
  /** Such as `127.0.0.1:40001`. */
  readonly host: string;
  readonly port: number;
  /** The only user who can log in. */
  readonly user: string;
  /** The private key that is let in. */
  readonly keyFile: string;
  /** A private key that is not. */
  readonly wrongKeyFile: string;
  /** The server's key, as `known_hosts` has it. */
  readonly knownHosts: string;
  /** A file like it with another key for the server. */
  readonly wrongKnownHosts: string;
  /** The directory of its files. */
  readonly dir: string;
}

const HOSTNAME = "127.0.0.1";
const NOBODY = 65534;
/** Where sshd keeps what came over the network from what it may do itself; Debian's place. */
const PRIVILEGE_SEPARATION = "/run/sshd";

/** What has to be installed; empty when `startSshd()` can work. */
export const missing: string = missingPackages({
  "openssh-server": "/usr/sbin/sshd",
  "openssh-client": "/usr/bin/ssh-keygen",
});

/**
 * Starts an SSH server on a free port.
 *
 * @example
 * await using server = await startSshd();
 * const url = `sftp://${server.user}@${server.host}${server.dir}/file`;
 */
export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const uid = options.unprivileged ? NOBODY : Deno.uid();
  const user = (await run("id", ["-un", `${uid}`])).trim();
  const server = await startServer({
    name: "sshd",
    hostname: HOSTNAME,
    readyFile: "sshd.pid",
    prepare: async (dir, [port]) => {
      if (isRoot()) await Deno.mkdir(PRIVILEGE_SEPARATION, { recursive: true, mode: 0o755 });
      for (const name of ["host", "wrong_host", "key", "wrong_key"]) await makeKey(join(dir, name));
      await Deno.copyFile(join(dir, "key.pub"), join(dir, "authorized_keys"));
      for (const prefix of ["", "wrong_"]) {
        const key = await Deno.readTextFile(join(dir, `${prefix}host.pub`));
        await Deno.writeTextFile(
          join(dir, `${prefix}known_hosts`),
          `[${HOSTNAME}]:${port} ${key}`,
        );
      }
      const config = join(dir, "sshd_config");
      await Deno.writeTextFile(config, configuration(dir, { ...options, port: port ?? 0 }));
      return [findProgram("sshd") ?? "sshd", "-D", "-e", "-f", config];
    },
  });
  const { dir } = server;
  const port = server.ports[0] ?? 0;
  return {
    host: `${urlHost(HOSTNAME)}:${port}`,
    port,
    user,
    keyFile: join(dir, "key"),
    wrongKeyFile: join(dir, "wrong_key"),
    knownHosts: join(dir, "known_hosts"),
    wrongKnownHosts: join(dir, "wrong_known_hosts"),
    dir,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function configuration(
  dir: string,
  { port, sftp = "internal-sftp", chroot, snippet = "" }: SshdOptions & { readonly port: number },
): string {
  return `
${snippet}
ListenAddress ${HOSTNAME}:${port}
PidFile ${dir}/sshd.pid
HostKey ${dir}/host
AuthorizedKeysFile ${dir}/authorized_keys
AuthenticationMethods publickey
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
UseDNS no
LogLevel ERROR
MaxStartups 100
${sftp === "none" ? "" : `Subsystem sftp ${sftp}`}
${chroot === undefined ? "" : `ChrootDirectory ${chroot}\nForceCommand internal-sftp`}
`;
}

async function makeKey(path: string): Promise<void> {
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", path]);
}

async function run(program: string, args: readonly string[]): Promise<string> {
  const command = new Deno.Command(findProgram(program) ?? program, { args: [...args] });
  const { success, stdout, stderr } = await command.output();
  if (!success) throw new Error(`Cannot run ${program}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
