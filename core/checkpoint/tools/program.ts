/** `condor_manifest` as its help, man page and completion have it. */
import type { Entry, Program } from "../../cli/program.ts";
import { CONFIG_VARIABLES } from "../../config/environment.ts";
import { PINION_VERSION } from "../../version.ts";
import { CHECKPOINT_KNOBS } from "../knobs.ts";

/** `-json`, saying what there is in the object that it prints. */
function jsonOption(fields: string) {
  return { name: "json", text: `Print a JSON object: ${fields}.` } as const;
}

const DRY_RUN = { name: "dry-run", text: "Say what would be done, and do nothing." } as const;
const AS_ROOT = {
  name: "as-root",
  text: "Stay root, and start plug-ins that are not Pinion's as root.",
} as const;

/** The functions of HTCondor's own program, which take their arguments as they are. */
export const FUNCTIONS = [
  {
    name: "getNumberFromFileName",
    summary: "Print the checkpoint number in a MANIFEST's name; it is the exit status, too",
    usage: ["NAME"],
    options: [],
    operands: { min: 1, max: 1 },
  },
  {
    name: "validateManifestFile",
    summary: "Check that a MANIFEST agrees with its last line",
    usage: ["FILE"],
    options: [],
    operands: { min: 1, max: 1 },
  },
  {
    name: "validateFilesListedIn",
    summary: "Check the files a MANIFEST lists, in the current directory",
    usage: ["FILE"],
    options: [],
    operands: { min: 1, max: 1 },
  },
  {
    name: "FileFromLine",
    summary: "Print the name in a line of a MANIFEST",
    usage: ["LINE"],
    options: [],
    operands: { min: 1, max: 1 },
  },
  {
    name: "ChecksumFromLine",
    summary: "Print the checksum in a line of a MANIFEST",
    usage: ["LINE"],
    options: [],
    operands: { min: 1, max: 1 },
  },
  {
    name: "compute_file_sha256_checksum",
    summary: "Print the line of a MANIFEST for a file",
    usage: ["FILE"],
    options: [],
    operands: { min: 1, max: 1 },
  },
  {
    name: "createManifestFor",
    summary: "Write MANIFEST into the current directory, for the files below another",
    usage: ["DIR"],
    options: [],
    operands: { min: 1, max: 1 },
  },
  {
    name: "deleteFilesStoredAt",
    summary: "Clean up a job's checkpoints, as HTCondor's daemons ask for",
    usage: ["LOCATION STEM LOW HIGH"],
    options: [],
    operands: { min: 4, max: 4 },
  },
] as const;

/** The program. */
export const CONDOR_MANIFEST = {
  name: "condor_manifest",
  summary: "Look into checkpoint MANIFESTs, and remove checkpoints that are no longer wanted",
  version: PINION_VERSION,
  usage: [],
  description: [
    "Takes the place of HTCondor's own program of this name. HTCondor's daemons start it when " +
    "checkpoints that a job stored at its checkpoint_destination are to be removed: when they " +
    "were superseded, failed, or the job left the queue. The map file says which plug-in does it " +
    "for a destination. Pinion's own plug-ins do their work within this program, many files at " +
    "once; others are started for each file.",
    "What could not be removed stays in the MANIFEST, which shrinks as files go, so that the next " +
    "run goes on where this one ended. sweep is that next run; it belongs into a timer, which " +
    "print-file has the units for.",
    "Whatever is asked for, a checkpoint is left alone while a MANIFEST of its number, or only " +
    "MANIFESTs of lower ones, are in the job's own directory in SPOOL: HTCondor uses the numbers " +
    "of failed checkpoints again, and may restart the job from there.",
    "JOBDIR is a job's directory below checkpoint-cleanup in SPOOL, such as " +
    "checkpoint-cleanup/alice/cluster7.proc0.subproc0. LOCATION is the job's destination and its " +
    "global id with _ for each #, STEM the path of its MANIFEST files less the dot and the number, " +
    "LOW and HIGH the numbers that were in use.",
    "HTCondor's own functions, from getNumberFromFileName to deleteFilesStoredAt, take their " +
    "arguments as they are and have no options.",
  ],
  options: [],
  commands: [
    ...FUNCTIONS,
    {
      name: "list",
      summary: "List what a MANIFEST names",
      usage: ["[-json] FILE"],
      options: [jsonOption("file, selfHash, strays, count, records (name, checksum, size)")],
      operands: { min: 1, max: 1 },
    },
    {
      name: "verify",
      summary: "Check the files a MANIFEST lists, several at once",
      usage: ["[-dir DIR] [-jobs N] [-keep-going] [-json] FILE"],
      options: [
        { name: "dir", value: "DIR", text: "Where the files lie; here unless given." },
        { name: "jobs", value: "N", text: "Files read at once (default 4)." },
        { name: "keep-going", text: "Report all faults, not only the first." },
        jsonOption("file, dir, count, verified, bytes, faults (name, kind, message)"),
      ],
      operands: { min: 1, max: 1 },
    },
    {
      name: "plan",
      summary: "Say what clean would remove, by which line of the map and how",
      usage: ["JOBDIR"],
      options: [],
      operands: { min: 1, max: 1 },
    },
    {
      name: "clean",
      summary: "Clean up the job of a clean-up directory now, as the directory's owner",
      usage: ["[-dry-run] [-budget TIME] [-as-root] JOBDIR"],
      options: [
        DRY_RUN,
        { name: "budget", value: "TIME", text: "Stop after TIME, e.g. 10m (default: no limit)." },
        AS_ROOT,
      ],
      operands: { min: 1, max: 1 },
    },
    {
      name: "sweep",
      summary: "Clean up for all owners whatever was left, each as its owner; for a timer",
      usage: ["[-spool DIR]... [-older-than TIME] [-jobs N] [-budget TIME] [-dry-run] [-json]"],
      options: [
        {
          name: "spool",
          value: "DIR",
          repeatable: true,
          text: "Look here too, e.g. where ALTERNATE_JOB_SPOOL points; besides SPOOL.",
        },
        {
          name: "older-than",
          value: "TIME",
          text: "Leave alone what changed within TIME, e.g. 90s, 10m, 2h, 1d (default 0s).",
        },
        { name: "jobs", value: "N", text: "Jobs cleaned up at once (default 4)." },
        {
          name: "budget",
          value: "TIME",
          text: "Stop a job's clean-up after TIME; the next sweep goes on with it (default 1h).",
        },
        DRY_RUN,
        jsonOption("results (path, owner, state: clean, planned, left or skipped, text), stopped"),
      ],
    },
    {
      name: "status",
      summary: "Say what waits for being cleaned up, for how long, and what went wrong last",
      usage: ["[-spool DIR]... [-json]"],
      options: [
        { name: "spool", value: "DIR", repeatable: true, text: "Look here too, besides SPOOL." },
        jsonOption(
          "jobs (owner, job, path, age in ms, checkpoints, lastError), rescans, unreadable (path, reason)",
        ),
      ],
    },
    {
      name: "explain",
      summary: "Say which line of the map a checkpoint destination belongs to, and why",
      usage: ["[-json] URL"],
      options: [
        jsonOption(
          "url, base, candidates; when a line matches: file, line, prefix, program, argv, inProcess and more",
        ),
      ],
      operands: { min: 1, max: 1 },
    },
    {
      name: "check-map",
      summary: "Look for mistakes in the map file",
      usage: ["[-json] [FILE]"],
      options: [jsonOption("path, lines, errors, warnings, findings (file, line, severity, text)")],
      operands: { min: 0, max: 1 },
    },
    {
      name: "print-file",
      summary:
        "Print a file of the set-up, or the names of all: systemd units, a condor_preen wrapper",
      usage: ["[NAME]"],
      options: [],
      operands: { min: 0, max: 1 },
    },
  ],
  configuration: Object.entries(CHECKPOINT_KNOBS).map(([name, { text }]): Entry => ({
    name,
    text,
  })),
  files: [
    {
      name: "$(LOCAL_DIR)/checkpoint-destination-mapfile",
      text:
        "The map file, unless CHECKPOINT_DESTINATION_MAPFILE names another: lines of *, a URL " +
        "prefix and a plug-in with its arguments, which commas separate. The longest prefix wins.",
    },
    {
      name: "$(SPOOL)/checkpoint-cleanup/<Owner>/<job>/",
      text: "MANIFEST and FAILURE files that wait, with .job.ad.",
    },
    {
      name: "$(SPOOL)/checkpoint-cleanup/<Owner>/.cleanup.log",
      text: "What was done and what went wrong, one line of JSON each; at 1 MB it becomes " +
        ".cleanup.log.1.",
    },
    {
      name: "$(SPOOL)/checkpoint-cleanup/<Owner>/.rescan.<job>.ad",
      text: "A removed job's ad: an hour later sweep looks at its destination once more.",
    },
  ],
  environment: CONFIG_VARIABLES,
  exitStatus: [
    {
      name: "0",
      text: "Done. Of clean-ups: nothing is left; of status: nothing waits; of explain: HTCondor " +
        "could clean up there; of check-map: no error, if perhaps warnings.",
    },
    {
      name: "1",
      text:
        "Something is wrong or left over, or wrong usage. getNumberFromFileName ends with the " +
        "number, modulo 256.",
    },
  ],
  examples: [
    { name: "condor_manifest status", text: "What waits, and what went wrong." },
    {
      name: "condor_manifest explain osdf:///example.vo/alice",
      text: "Which plug-in would clean up there.",
    },
    { name: "condor_manifest sweep", text: "As root: clean up everything that was left." },
    {
      name: "cd /etc/systemd/system\n" +
        "for unit in condor-manifest-sweep.service condor-manifest-sweep.timer; do\n" +
        "  condor_manifest print-file $unit > $unit\n" +
        "done\n" +
        "systemctl enable --now condor-manifest-sweep.timer",
      text: "The same every quarter of an hour.",
    },
    {
      name: "condor_manifest clean /var/spool/condor/checkpoint-cleanup/alice/" +
        "cluster7.proc0.subproc0",
      text: "Clean up after one job, and see how it goes.",
    },
    {
      name: "condor_manifest verify -keep-going -dir sandbox _condor_checkpoint_MANIFEST.0003",
      text: "All files of a checkpoint that are not what they were.",
    },
  ],
  seeAlso: [
    "cleanup_command_checkpoint(1)",
    "cleanup_http_checkpoint(1)",
    "cleanup_locally_mounted_checkpoint(1)",
    "cleanup_s3_checkpoint(1)",
    "cleanup_ssh_checkpoint(1)",
    "condor_preen(1)",
  ],
} as const satisfies Program;
