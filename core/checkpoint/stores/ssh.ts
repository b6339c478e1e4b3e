/** `sftp`, `scp` and `ssh`: checkpoints on servers that are reached by SSH. */
import type { Program } from "../../cli/program.ts";
import { UsageError } from "../../errors.ts";
import { PINION_VERSION } from "../../version.ts";
import { CleanupFailure } from "../failure.ts";
import { readOwn } from "../plugin_options.ts";
import type { BackEnd, StoreContext } from "../store.ts";
import { expandUser } from "../user_path.ts";
import { checkUser } from "./ssh_address.ts";
import { SSH } from "./ssh_session.ts";
import { SshStore } from "./ssh_store.ts";

const program = {
  name: "cleanup_ssh_checkpoint",
  version: PINION_VERSION,
  summary: "remove checkpoints from servers that are reached by SSH",
  usage: ["[-prefix PREFIX]"],
  description: [
    "Removes the files of a checkpoint from a server with SFTP, over the machine's own ssh. All " +
    "destinations are URLs like sftp://user@host:port/path; scp and ssh in the place of sftp mean " +
    "the same, and the server has to have SFTP for them, too. Directories that HTCondor made for " +
    "the checkpoint go as they become empty.",
    "The path is absolute, and /~/ at its beginning stands for the user's home, as in libcurl; see " +
    "-home and -percent-decode for uploaders that take URLs otherwise.",
    "The user's own ssh configuration, keys, known hosts and agent are used unless the options name " +
    "others. Nobody is there to be asked for passwords, pass phrases or unknown hosts, so none is.",
    "Below the job's own directory no symbolic link is followed, except one that is put in the place " +
    "of a directory while files are removed from it.",
  ],
  options: [
    {
      name: "prefix",
      value: "PREFIX",
      text: "Refuse checkpoints whose URL does not begin with PREFIX, and do nothing, with exit " +
        "status 4, unless its directory is there; use \\0 in the map. Without it the directory of " +
        "the destination has to be there.",
    },
    {
      name: "key-file",
      value: "FILE",
      text: "Private key, used instead of all others. In FILE, ~ is the user's home and %u the " +
        "user's name.",
    },
    {
      name: "known-hosts",
      value: "FILE",
      text: "Keys of the servers, instead of the user's and the machine's; ~ and %u as above.",
    },
    {
      name: "config",
      value: "FILE",
      text:
        "Configuration of ssh, instead of the user's and the machine's; ~ and %u as above. FILE " +
        "may be none.",
    },
    {
      name: "user",
      value: "NAME",
      text: "User where the URL names none; %u is the name of the user on this machine.",
    },
    {
      name: "home",
      text: "Paths begin at the user's home, as sftp(1) and scp(1) take URLs.",
    },
    {
      name: "percent-decode",
      text: "URLs are percent-encoded, as libcurl takes them.",
    },
  ],
  files: [{ name: SSH, text: "What makes the connections." }],
  environment: [
    { name: "SSH_AUTH_SOCK", text: "The user's agent." },
  ],
  exitStatus: [],
  examples: [
    {
      name: "*   sftp://ckpt.example.org/data/   cleanup_ssh_checkpoint," +
        "-prefix,\\0,-key-file,~/.ssh/ckpt,-known-hosts,/etc/condor/ckpt_hosts",
      text: "A line of the map.",
    },
    {
      name: "*   scp://files.example.org/   cleanup_ssh_checkpoint,-prefix,\\0,-home",
      text: "One for a server where paths begin at the user's home; with the user's own key.",
    },
  ],
  seeAlso: ["ssh(1)", "ssh_config(5)", "condor_manifest(1)"],
} as const satisfies Program;

/** What `ssh`, and the programs that its configuration names, get of the environment. */
const PASSED = [
  "PATH",
  "SSH_AUTH_SOCK",
  "KRB5CCNAME",
  "TMPDIR",
  "TZ",
  "XDG_RUNTIME_DIR",
] as const;

/** Removes over SFTP. */
export const sshBackEnd: BackEnd = {
  program,
  permissions: { read: true, env: true, run: [SSH] },
  open(args, context) {
    const values = readOwn(program, args);
    const path = (name: "key-file" | "known-hosts" | "config") =>
      values[name] === undefined ? undefined : readable(values[name], { name, context });
    const user = values.user === undefined
      ? undefined
      : expandUser(values.user, { option: "user", user: context.user });
    if (user !== undefined) checkUser(user);
    return Promise.resolve(
      new SshStore({
        prefix: values.prefix,
        user,
        keyFile: path("key-file"),
        knownHosts: path("known-hosts"),
        config: values.config === "none" ? "none" : path("config"),
        home: values.home,
        decode: values["percent-decode"],
        environment: environmentOf(context),
        verbose: context.verbose,
      }),
    );
  },
};

/** The path of a file that has to be there. */
function readable(
  text: string,
  { name, context }: { readonly name: string; readonly context: StoreContext },
): string {
  const path = expandUser(text, { option: name, user: context.user });
  if (!path.startsWith("/")) {
    throw new UsageError(`${program.name}: option -${name} needs an absolute path (see -help)`);
  }
  try {
    Deno.statSync(path);
    return path;
  } catch {
    throw new CleanupFailure("Credentials", `Cannot use -${name} ${JSON.stringify(path)}: no file`);
  }
}

function environmentOf({ env, user }: StoreContext): Record<string, string> {
  const found: Record<string, string> = { LC_ALL: "C", PATH: "/usr/bin:/bin" };
  for (const name of PASSED) {
    const value = env(name);
    if (value !== undefined) found[name] = value;
  }
  if (user !== undefined) {
    found.HOME = user.home;
    found.USER = found.LOGNAME = user.name;
  }
  return found;
}
