/** Programs that the tests of the room share: one plain, one with commands. */
import type { Program } from "../../core/cli/program.ts";

export const PLUGIN = {
  name: "curl_plugin",
  version: "0.1.0",
  summary: "Move the files of a job by URL",
  usage: ["-classad", "-infile FILE -outfile FILE [-upload] [-diagnostic]", "SOURCE TARGET"],
  options: [
    { name: "classad", text: "Print what this plug-in supports and exit." },
    { name: "infile", value: "FILE", text: "Read the ads of the requests from FILE." },
    { name: "outfile", value: "FILE", text: "Write one result ad for each request to FILE." },
    { name: "upload", aliases: ["u"], text: "Upload instead of downloading." },
    { name: "header", value: "TEXT", repeatable: true, text: "Send this header line." },
    { name: "root", value: "DIR", text: "Treat DIR as the root of all local paths." },
    { name: "internal", hidden: true, text: "For tests." },
  ],
  operands: { min: 0, max: 2 },
  description: [
    "Moves files between URLs and the sandbox of a job.",
    ".A line that starts with a full stop, and 'quotes', a back\\slash, a-b, ~, ^, `, \u00e9.",
  ],
  configuration: [{ name: "FILETRANSFER_PLUGINS", text: "Plug-ins that a daemon may start." }],
  files: [{ name: "$_CONDOR_CREDS/*.use", text: "Bearer tokens." }],
  environment: [{ name: "http_proxy", text: "Proxy for plain requests." }],
  exitStatus: [
    { name: "0", text: "All files were moved." },
    { name: "1", text: "A file was not moved, or the arguments are wrong." },
  ],
  examples: [{ name: "curl_plugin -infile in \\\n.  -outfile out", text: "Run one batch." }],
  seeAlso: ["condor_submit(1)", "https://example.org/manual"],
} as const satisfies Program;

export const MULTI = {
  name: "pinion",
  version: "0.1.0",
  summary: "Data movement for HTCondor",
  usage: ["list", "install -dir DIR [ROLE...]"],
  options: [{ name: "quiet", text: "Print errors only." }],
  commands: [
    { name: "list", summary: "List the roles", usage: [""], options: [] },
    {
      name: "install",
      summary: "Install roles as hard links",
      usage: ["-dir DIR [ROLE...]"],
      options: [{ name: "dir", value: "DIR", text: "Folder to install into." }],
      operands: { min: 1, max: Infinity },
    },
  ],
  description: ["One executable with every role."],
  exitStatus: [{ name: "0", text: "Done." }],
} as const satisfies Program;
