/** `bearer_token_env` as its help, man page and completion have it. */
import type { Program } from "../../cli/program.ts";
import { PINION_VERSION } from "../../version.ts";
import { NAME_VARIABLE } from "./choose.ts";

/** The program. */
export const BEARER_TOKEN_ENV = {
  name: "bearer_token_env",
  version: PINION_VERSION,
  summary: "Run a job's command with BEARER_TOKEN_FILE set, and the token in it kept fresh",
  usage: ["[-token NAME] [-interval S] COMMAND [ARG...]"],
  description: [
    "HTCondor gives a job its tokens in files that $_CONDOR_CREDS/NAME.use names, most of them with " +
    "JSON around the token, and puts new ones there while the job runs. Programs that speak to " +
    "storage look for a bare token in the file that BEARER_TOKEN_FILE names (WLCG Bearer Token " +
    "Discovery). This program stands between: it writes the bare token to $_CONDOR_CREDS/.NAME.bt, " +
    "starts a process that does so again whenever HTCondor renews the token, sets BEARER_TOKEN_FILE, " +
    "and becomes the command (execve(2)). Process id, signals, limits, standard streams and exit " +
    "status are thus the command's own. The process in the background ends within S seconds of it.",
    "NAME is what -token says, else what the variable " + NAME_VARIABLE + " says, else the only " +
    "token there is, else scitokens. Where none was named, and the job's environment has a " +
    "BEARER_TOKEN_FILE of its own, that one stays.",
    "A token that is withdrawn (empty, as for a user who left a group) leaves an empty file. A file " +
    "that holds no token at all changes nothing. Whatever goes wrong with the token, the command " +
    "runs, without one; a line on standard error says so.",
    "It serves as USER_JOB_WRAPPER for all jobs of an execution point, and as a job's executable " +
    "that is sent along with it.",
  ],
  options: [
    {
      name: "token",
      value: "NAME",
      text: "The token: provider, or provider_handle (also provider*handle, provider.handle).",
    },
    { name: "interval", value: "S", text: "Seconds between looks at the file (default 1)." },
    { name: "keep", value: "PROCESS", hidden: true, text: "Keep the token of a process fresh." },
  ],
  operands: { min: 1, max: Infinity, rest: true },
  configuration: [
    {
      name: "USER_JOB_WRAPPER",
      text: "Of the execution point: the path of this program starts all jobs through it.",
    },
    { name: "SEC_CREDENTIAL_REFRESH", text: "Seconds between HTCondor's renewals in the job." },
  ],
  files: [
    { name: "$_CONDOR_CREDS/NAME.use", text: "The token as HTCondor gives it to the job." },
    { name: "$_CONDOR_CREDS/.NAME.bt", text: "The bare token, one line, mode 0600." },
  ],
  environment: [
    { name: "_CONDOR_CREDS", text: "Directory of the job's tokens, set by HTCondor." },
    { name: NAME_VARIABLE, text: "The token, where -token does not name one." },
    { name: "BEARER_TOKEN_FILE", text: "Set for the command." },
    {
      name: "_CONDOR_WRAPPER_ERROR_FILE",
      text: "Takes the reason when the command cannot be started, for the job's owner.",
    },
  ],
  exitStatus: [
    { name: "126", text: "The command cannot be started." },
    { name: "127", text: "The command is not there." },
    { name: "1", text: "Wrong usage." },
    { name: "other", text: "The command's own, or the signal that ended it." },
  ],
  examples: [
    {
      name: "USER_JOB_WRAPPER = /usr/libexec/condor/bearer_token_env",
      text: "In the configuration of an execution point.",
    },
    {
      name: "executable = bearer_token_env\n" +
        'arguments = "-token mock_read ./analyse.sh -v data"\n' +
        "transfer_input_files = analyse.sh\n" +
        "use_oauth_services = mock\n" +
        "mock_oauth_permissions_read = storage.read:/",
      text: "In a submit file.",
    },
  ],
  seeAlso: ["condor_submit(1)", "https://doi.org/10.5281/zenodo.3937438"],
} as const satisfies Program;
