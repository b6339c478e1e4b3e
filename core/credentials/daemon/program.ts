/** `condor_credmon_local` as its help, man page and completion have it. */
import type { Entry, Program } from "../../cli/program.ts";
import { CONFIG_VARIABLES } from "../../config/environment.ts";
import { PINION_VERSION } from "../../version.ts";
import { LOCAL_KNOBS } from "../local/knobs.ts";
import { DAEMON_KNOBS } from "./knobs.ts";

/** The program. */
export const CONDOR_CREDMON_LOCAL = {
  name: "condor_credmon_local",
  summary: "Issue SciTokens for the jobs of this access point, and keep them fresh",
  version: PINION_VERSION,
  usage: [
    "[-name NAME] [-log-file FILE] [-debug] [-verbose] [[-cred-dir] DIR]",
    "-once [-user USER] [-provider NAME]... [-create-key] [DIR]",
    "-user USER -provider NAME -stdout",
    "-for-all-users-of MAPFILE [DIR]",
    "-status [-json] [DIR]",
    "-check-config [-json] [-offline]",
    "-print-file NAME",
  ],
  description: [
    "Takes the place of HTCondor's condor_credmon_oauth where tokens are issued by the access " +
    "point itself. condor_master starts it without arguments as CREDMON_OAUTH. HTCondor's " +
    "condor_credd asks for a credential with a file <user>/<provider>.top in the credential " +
    "directory and SIGHUP; the token is in <user>/<provider>.use a few milliseconds later. " +
    "Each is made anew at half its life for as long as the .top is there.",
    "SIGHUP also has the configuration read again, when one of its files or a key has changed; a " +
    "configuration that cannot be used is said in the log, and the old one kept. SIGTERM, SIGINT " +
    "and SIGQUIT end the program within two seconds.",
    "With -once it makes what is due and ends, for cron or a systemd timer. That alone cannot " +
    "serve a first submission, for which condor_credd waits no longer than 20 seconds, and " +
    "condor_credd logs that there is no pid file; have the credentials made beforehand with " +
    "-for-all-users-of. While the program runs as a daemon, -once waits for ten seconds and gives " +
    "up.",
  ],
  options: [
    {
      name: "name",
      aliases: ["n"],
      value: "NAME",
      text: "The daemon's name, <NAME> in the names of knobs (default CREDMON_OAUTH).",
    },
    {
      name: "cred-dir",
      aliases: ["c"],
      value: "DIR",
      text: "The credential directory, in place of SEC_CREDENTIAL_DIRECTORY_OAUTH.",
    },
    {
      name: "log-file",
      aliases: ["l"],
      value: "FILE",
      text: "The log, in place of <NAME>_LOG.",
    },
    { name: "debug", aliases: ["d"], text: "Log each step, as D_FULLDEBUG in <NAME>_DEBUG does." },
    {
      name: "verbose",
      aliases: ["v"],
      text: "Write the log to standard error, and to its file when that can be opened.",
    },
    { name: "once", text: "Make what is due, and end: with 0 unless something failed." },
    {
      name: "user",
      value: "USER",
      text: "Of one user only; with -once, -stdout or -status.",
    },
    {
      name: "provider",
      value: "NAME",
      repeatable: true,
      text: "Of one provider only; with -once, -stdout or -for-all-users-of.",
    },
    {
      name: "create-key",
      text: "With -once: make the key when there is none, as the daemon does at its start.",
    },
    {
      name: "stdout",
      text: "Print a token for -user and -provider, and leave the credential directory alone.",
    },
    {
      name: "for-all-users-of",
      value: "FILE",
      text: "Ask for the credentials of all users in a group map, and make them.",
    },
    {
      name: "status",
      text: "Print what the daemon says of each credential, failures first, and which users are " +
        "about to be removed.",
    },
    {
      name: "check-config",
      text: "Say what the configuration comes to, what is wrong with it, and whether the issuer " +
        "publishes the key.",
    },
    { name: "offline", text: "With -check-config: ask no server." },
    { name: "json", text: "With -status or -check-config: print JSON." },
    {
      name: "json-status",
      value: "FILE",
      text: "Write the status to FILE too, whenever it changes.",
    },
    {
      name: "print-file",
      value: "NAME",
      text: "Print a file of the set-up: condor-credmon-local.service or .timer.",
    },
  ],
  operands: { min: 0, max: 1 },
  configuration: Object.entries({ ...DAEMON_KNOBS, ...LOCAL_KNOBS }).map(
    ([name, { text }]): Entry => ({ name, text }),
  ),
  files: [
    {
      name: "/var/lib/condor/oauth_credentials",
      text:
        "The credential directory of HTCondor's configuration template OAUTH: root's, of group " +
        "condor, mode 02770.",
    },
    { name: "<user>/<name>.top", text: "Asks for a credential; written by condor_credd." },
    {
      name: "<user>/<name>.use",
      text: "The token for jobs, 0400; <name> is a provider, or a provider, _ and a handle.",
    },
    { name: "pid", text: "The daemon's process number; removed at its end." },
    { name: "CREDMON_COMPLETE", text: "Touched when the first look at every credential was had." },
    { name: ".credmon.lock", text: "Locked by whoever looks after the directory." },
    {
      name: ".credmon-status.json",
      text: "What -status prints, 0640: for each credential its monitor, expires, lastSuccess, " +
        "lastFailure (code, text, since, count) and nextTry.",
    },
    { name: "$(LOG)/CredmonOauthLog", text: "The log, unless <NAME>_LOG says otherwise." },
  ],
  environment: CONFIG_VARIABLES,
  exitStatus: [
    { name: "0", text: "Done; of -once and -status: nothing failed." },
    {
      name: "1",
      text:
        "The credential directory cannot be used, another daemon looks after it, a credential " +
        "failed, or the configuration that was checked has faults.",
    },
    { name: "2", text: "Wrong usage." },
    { name: "44", text: "The log cannot be opened: condor_master tells the administrator." },
    { name: "75", text: "With -once: another process looks after the directory; try again later." },
    {
      name: "99",
      text: "The configuration cannot be used: condor_master does not start the program again.",
    },
  ],
  examples: [
    {
      name: "CREDMON_OAUTH = /usr/local/libexec/condor_credmon_local",
      text: 'In HTCondor\'s configuration, with "use feature: OAUTH": have condor_master run it.',
    },
    { name: "condor_credmon_local -check-config", text: "What the configuration comes to." },
    {
      name: "condor_credmon_local -user alice -provider scitokens -stdout",
      text: "As root: a token as jobs of alice would get it.",
    },
    { name: "condor_credmon_local -status", text: "How each credential is." },
    {
      name: "*/5 * * * * root /usr/local/libexec/condor_credmon_local -once",
      text: "A line of /etc/crontab, in place of the daemon.",
    },
    {
      name: "cd /etc/systemd/system\n" +
        "for unit in condor-credmon-local.service condor-credmon-local.timer; do\n" +
        "  condor_credmon_local -print-file $unit > $unit\n" +
        "done\n" +
        "systemctl enable --now condor-credmon-local.timer",
      text: "The same by systemd.",
    },
  ],
  seeAlso: ["condor_store_cred(1)", "condor_submit(1)", "condor_master(1)"],
} as const satisfies Program;
