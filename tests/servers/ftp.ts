/** ProFTPD: a real FTP server with explicit TLS, run out of a private configuration. */

import { join } from "@std/path";
import {
  findProgram,
  isRoot,
  joinMissing,
  missingPackages,
  readLog,
  startServer,
  urlHost,
} from "./process.ts";

/** What the server shall do. */
export interface FtpOptions {
  /** Offer `AUTH TLS` with this certificate and key (PEM files, as `makeCa()` gives them). */
  readonly tls?: {
    readonly certFile: string;
    readonly keyFile: string;
    /** Refuse logins and transfers without TLS; default false. */
    readonly required?: boolean;
    /** Versions offered, such as `TLSv1.2`; default `TLSv1.2 TLSv1.3`. */
    readonly protocol?: string;
    /** Refuse data connections that do not resume the control connection's TLS session, as many
     * servers do; default false. */
    readonly sessionReuse?: boolean;
  };
  /** Refuse these commands, such as `EPSV`. */
  readonly refused?: readonly string[];
  /** Refuse everything that writes with 550; default false. */
  readonly readOnly?: boolean;
  /** More lines for the server's configuration. */
  readonly snippet?: string;
  /** Address to listen on; default `127.0.0.1`. */
  readonly hostname?: "127.0.0.1" | "::1";
}

/** A command and the code it was answered with; the word after `PASS` is hidden. */
export interface FtpCommand {
  readonly command: string;
  readonly code: number;
}

/** A running FTP server. */
export interface Ftp extends AsyncDisposable {
  /** Such as `ftp://127.0.0.1:40001`, without a slash at the end. */
  readonly origin: string;
  readonly port: number;
  /** The directory that anonymous logins and the user below see as `/`. */
  readonly root: string;
  /** The user who can log in besides `anonymous` and `ftp`; a wrong password is answered with 530. */
  readonly user: string;
  readonly password: string;
  /** Waits for a command that begins with `last` (default `QUIT`) and returns all so far. */
  commands(last?: string): Promise<FtpCommand[]>;
}

const MODULES_DIR = "/usr/lib/proftpd";
const NOBODY = 65534;
const USER = { user: "tester", password: "right password" };

/** What has to be installed, or root; empty when `startFtp()` can work. */
export const missing: string = joinMissing(
  missingPackages({
    "proftpd-core": "/usr/sbin/proftpd",
    "proftpd-mod-crypto": `${MODULES_DIR}/mod_tls.so`,
    openssl: "/usr/bin/openssl",
  }),
  // Anonymous logins are put into a root directory of their own.
  isRoot() ? "" : "root",
);

/** Whether ProFTPD is installed and this process is root. */
export const available: boolean = missing === "";

/**
 * Starts an FTP server on a free port. Its root is writable by all who log in.
 *
 * @example
 * await using server = await startFtp({ refused: ["EPSV"] });
 * await Deno.writeTextFile(`${server.root}/a b.txt`, "hello");
 * const url = `${server.origin}/a%20b.txt`;
 */
export async function startFtp(options: FtpOptions = {}): Promise<Ftp> {
  const hostname = options.hostname ?? "127.0.0.1";
  const server = await startServer({
    name: "proftpd",
    hostname,
    readyFile: "proftpd.pid",
    listensLater: true,
    prepare: async (dir, [port]) => {
      const root = join(dir, "root");
      await Deno.mkdir(root);
      await Deno.chmod(root, 0o777);
      const hash = await hashPassword(USER.password);
      const users = [
        `${USER.user}:${hash}:${NOBODY}:${NOBODY}::${root}:/bin/false`,
        `ftp:*:${NOBODY}:${NOBODY}::${root}:/bin/false`,
      ];
      const [usersFile, groupsFile] = [join(dir, "users"), join(dir, "groups")];
      await Deno.writeTextFile(usersFile, users.join("\n") + "\n", { mode: 0o600 });
      await Deno.writeTextFile(groupsFile, `nogroup:*:${NOBODY}:\n`, { mode: 0o600 });
      const config = join(dir, "proftpd.conf");
      const listen = `DefaultAddress ${hostname}\nPort ${port}`;
      await Deno.writeTextFile(config, configuration(dir, listen, options));
      return [findProgram("proftpd") ?? "proftpd", "-n", "-q", "-c", config];
    },
  });
  const port = server.ports[0] ?? 0;
  return {
    ...USER,
    origin: `ftp://${urlHost(hostname)}:${port}`,
    port,
    root: join(server.dir, "root"),
    commands: (last = "QUIT") =>
      readLog(join(server.dir, "commands.log"), {
        parse: parseLine,
        isEnough: (entries) => entries.some(({ command }) => command.startsWith(last)),
      }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function configuration(dir: string, listen: string, options: FtpOptions): string {
  const { tls, refused = [], readOnly, snippet } = options;
  const reuse = tls?.sessionReuse ? "" : "TLSOptions NoSessionReuseRequired";
  const limits = [
    ...refused.map((command) => `<Limit ${command}>\n  DenyAll\n</Limit>`),
    ...(readOnly ? ["<Limit WRITE>\n  DenyAll\n</Limit>"] : []),
  ].join("\n");
  return `
ModulePath ${MODULES_DIR}
${tls ? "LoadModule mod_tls.c" : ""}
ServerType standalone
ServerName test
UseIPv6 on
SocketBindTight on
${listen}
User nobody
Group nogroup
PidFile ${dir}/proftpd.pid
ScoreboardFile ${dir}/scoreboard
SystemLog ${dir}/system.log
TransferLog none
WtmpLog off
LogFormat command "%r\t%s"
ExtendedLog ${dir}/commands.log ALL command
UseReverseDNS off
DelayEngine off
AuthPAM off
AuthOrder mod_auth_file.c
AuthUserFile ${dir}/users
AuthGroupFile ${dir}/groups
RequireValidShell off
DefaultRoot ~
AllowOverwrite on
AllowStoreRestart on
AllowRetrieveRestart on
${limits}
${tls ? `TLSEngine on\nTLSProtocol ${tls.protocol ?? "TLSv1.2 TLSv1.3"}` : ""}
${tls ? `TLSECCertificateFile ${tls.certFile}\nTLSECCertificateKeyFile ${tls.keyFile}` : ""}
${tls ? `TLSRequired ${tls.required ? "on" : "off"}\nTLSLog ${dir}/tls.log\n${reuse}` : ""}
${snippet ?? ""}
<Anonymous ${dir}/root>
  User ftp
  Group nogroup
  UserAlias anonymous ftp
  RequireValidShell off
  ${limits}
</Anonymous>
`;
}

async function hashPassword(password: string): Promise<string> {
  const command = new Deno.Command(findProgram("openssl") ?? "openssl", {
    args: ["passwd", "-6", password],
  });
  return new TextDecoder().decode((await command.output()).stdout).trim();
}

function parseLine(line: string): FtpCommand {
  const [command = "", code] = line.split("\t");
  return { command, code: Number(code) };
}
