/** What checkpoint tests bring into the pool: jobs, an upload plug-in and clean-up plug-ins. */

/**
 * A job that takes checkpoints: `job.sh STEPS [FAILS [GATE]]`.
 *
 * The checkpoints whose numbers FAILS lists hold a file that {@link UPLOAD_PLUGIN} does not take.
 * After the last one the job waits until there is a file GATE.
 */
export const JOB = `#!/bin/sh
set -eu
mkdir -p state/sub/deep state/emptydir
n=$(cat state/count 2>/dev/null || echo 0)
if [ "$n" -ge "$1" ]; then
  while [ -n "\${3-}" ] && [ ! -e "$3" ]; do sleep 0.1; done
  exit 0
fi
echo $((n + 1)) >state/count
echo "$n" | tee "state/sub/a file with spaces" state/sub/deep/leaf.bin state/über.txt >top.dat
: >state/empty
ln -sf sub/deep/leaf.bin state/link
rm -f state/FAILURE
case ",\${2-}," in *",$n,"*) : >state/FAILURE ;; esac
exit 85
`;

/** What {@link JOB} leaves in each checkpoint that succeeds. */
export const JOB_FILES: readonly string[] = [
  "_condor_stderr",
  "_condor_stdout",
  "state/count",
  "state/empty",
  "state/link",
  "state/sub/a file with spaces",
  "state/sub/deep/leaf.bin",
  "state/über.txt",
  "top.dat",
];

/**
 * A job that takes three checkpoints of files that can be in URLs as they are, and then waits for
 * the file `$1`.
 */
export const PLAIN_JOB = `#!/bin/sh
set -eu
mkdir -p state/sub
n=$(cat state/count 2>/dev/null || echo 0)
if [ "$n" -ge 3 ]; then
  while [ ! -e "$1" ]; do sleep 0.1; done
  exit 0
fi
echo $((n + 1)) | tee state/sub/über.txt state/per%20cent >state/count
: >state/empty
exit 85
`;

/** What {@link PLAIN_JOB} leaves in each checkpoint. */
export const PLAIN_JOB_FILES: readonly string[] = [
  "_condor_stderr",
  "_condor_stdout",
  "state/count",
  "state/empty",
  "state/per%20cent",
  "state/sub/über.txt",
];

/** A job that takes one checkpoint of files with odd names, and then waits for the file `$1`. */
export const ODD_JOB = `#!/bin/sh
set -eu
if [ -e n ]; then
  while [ ! -e "$1" ]; do sleep 0.1; done
  exit 0
fi
echo 1 >n
mkdir -p state/in sub2/y
cd state
for name in in/x ../sub2/y/z.dat '*star' ' lead' -dash 'per%20cent+plus&q=?#h' "quo\\"te's" \\
  'back\\slash' 'trail ' 'new
line'; do
  echo odd >"$name"
done
exit 85
`;

/**
 * A transfer plug-in for \`ckpt://HOST/PATH\`, which is the file \`/PATH\`. It does not take files
 * called FAILURE; it ends well all the same when HOST is \`soft\`.
 */
export const UPLOAD_PLUGIN = `#!/usr/bin/python3
import classad2, os, shutil, sys
if "-classad" in sys.argv:
    print('MultipleFileSupport = true\\nPluginVersion = "1.0"\\nPluginType = "FileTransfer"')
    print('ProtocolVersion = 2\\nSupportedMethods = "ckpt"')
    sys.exit(0)
def after(word):
    return sys.argv[sys.argv.index(word) + 1]
with open(after("-infile")) as f:
    asked = list(classad2.parseAds(f.read()))
ended_well = True
with open(after("-outfile"), "w") as out:
    for ad in asked:
        url, local = ad["Url"], ad["LocalFileName"]
        host, path = url.split("://", 1)[1].split("/", 1)
        there = "/" + path
        answer = classad2.ClassAd({"TransferUrl": url, "TransferFileName": local,
                                   "TransferProtocol": "ckpt", "TransferSuccess": True,
                                   "TransferType": "upload" if "-upload" in sys.argv else "download"})
        try:
            pair = (local, there) if "-upload" in sys.argv else (there, local)
            if local.endswith("/FAILURE"):
                raise Exception("Files called FAILURE are not taken")
            os.makedirs(os.path.dirname(pair[1]), exist_ok=True)
            shutil.copy(*pair)
            answer["TransferTotalBytes"] = answer["TransferFileBytes"] = os.path.getsize(pair[1])
        except Exception as error:
            answer["TransferSuccess"] = False
            answer["TransferError"] = str(error)
            ended_well = host == "soft"
        out.write(str(answer) + "\\n")
sys.exit(0 if ended_well else 1)
`;

/**
 * Writes down how a script was called, for {@link parseCall}, in `calls` below `home`. Shells would
 * not do: they begin with changing their signal mask.
 */
const RECORD = `
def record(home, words):
    def read(name):
        with open("/proc/self/" + name, "rb") as f:
            return f.read()
    descriptors = b""
    for fd in os.listdir("/proc/self/fd"):
        if os.path.lexists("/proc/self/fd/" + fd):
            descriptors += os.fsencode(fd + " " + os.readlink("/proc/self/fd/" + fd) + "\\n")
    parts = [b"".join(os.fsencode(word) + b"\\0" for word in words), read("environ"), read("status"),
             os.fsencode(os.getcwd()), descriptors]
    path = home + "/calls/%d" % os.getpid()
    with open(path + ".new", "wb") as f:
        f.write(b"\\0".join(parts))
    os.rename(path + ".new", path)
`;

/**
 * A clean-up plug-in that is not one of ours: it writes down how it is called and then has ours do
 * the work, one file at a time.
 *
 * Its files lie in the folder that is its first argument. While there is a file `broken` it fails;
 * while there is a file `slow` it waits, if that is empty or holds the name of the file to be
 * removed.
 */
export const RECORDER = `#!/usr/bin/python3
import os, sys, time
${RECORD}
home, args = sys.argv[1], sys.argv[2:]
record(home, args)
if os.path.exists(home + "/broken"):
    print("It is broken")
    sys.exit(9)
def waits():
    try:
        with open(home + "/slow") as f:
            return f.read() in ("", args[args.index("-delete") + 1])
    except FileNotFoundError:
        return False
while waits():
    time.sleep(0.1)
ours = os.path.dirname(sys.argv[0]) + "/cleanup_locally_mounted_checkpoint"
os.execv(ours, [ours] + args)
`;

/** Takes the place of condor_manifest: writes down how it is called, and calls it. */
export function manifestRecorder(home: string): string {
  return `#!/usr/bin/python3
import os, sys
${RECORD}
record("${home}", sys.argv[1:])
os.execv(sys.argv[0] + ".real", sys.argv)
`;
}

/** How a program was called. */
export interface Call {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Lines of \`/proc/PID/status\` by name. */
  readonly status: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** What each descriptor leads to. */
  readonly descriptors: Readonly<Record<string, string>>;
}

/** Reads what a script wrote of its call. */
export function parseCall(text: string): Call {
  const [args = "", environment = "", rest = ""] = split(text);
  const [status = "", cwd = "", descriptors = ""] = rest.split("\0");
  const pairs = (lines: string[], mark: string) =>
    Object.fromEntries(
      lines.filter((line) => line !== "").map((line) => {
        const at = line.indexOf(mark);
        return [line.slice(0, at), line.slice(at + 1).trim()];
      }),
    );
  return {
    args: args.split("\0"),
    environment: pairs(environment.split("\0"), "="),
    status: pairs(status.split("\n"), ":"),
    cwd: cwd.trim(),
    descriptors: pairs(descriptors.split("\n"), " "),
  };
}

/** The words, the environment and the rest: two empty words part them. */
function split(text: string): string[] {
  const first = text.indexOf("\0\0");
  const second = text.indexOf("\0\0", first + 2);
  return [text.slice(0, first), text.slice(first + 2, second), text.slice(second + 2)];
}
