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

/** Shell lines that write down how the script was called, for {@link parseCall}, in \`$home/calls\`. */
const RECORD = `{
  for word; do printf '%s\\0' "$word"; done; printf '\\0'
  cat /proc/$$/environ; printf '\\0'
  cat /proc/$$/status; printf '\\0'
  readlink /proc/$$/cwd; printf '\\0'
  for fd in /proc/$$/fd/*; do printf '%s %s\\n' "\${fd##*/}" "$(readlink "$fd")"; done
  printf '\\0'
} 3>&- >"$home/calls/.$$" && mv "$home/calls/.$$" "$home/calls/$$"
`;

/**
 * A clean-up plug-in that is not one of ours: it writes down how it is called and then has ours do
 * the work, one file at a time.
 *
 * Its files lie in the folder that is its first argument. While there is a file \`broken\` it fails;
 * while there is a file \`slow\` it waits, if that is empty or holds the name of the file to be
 * removed.
 */
export const RECORDER = `#!/bin/sh
home=$1; shift
${RECORD}
[ ! -e "$home/broken" ] || { echo "It is broken"; exit 9; }
waits() {
  [ -e "$home/slow" ] || return 1
  want=$(cat "$home/slow")
  case " $* " in *" -delete $want "*) ;; *) [ -z "$want" ] ;; esac
}
while waits "$@"; do sleep 0.1; done
exec "\${0%/*}/cleanup_locally_mounted_checkpoint" "$@"
`;

/** Takes the place of condor_manifest: writes down how it is called, and calls it. */
export function manifestRecorder(home: string): string {
  return `#!/bin/sh
home=${home}
${RECORD}
exec "$0.real" "$@"
`;
}

/** How a program was called. */
export interface Call {
  readonly pid: number;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Lines of \`/proc/PID/status\` by name. */
  readonly status: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** What each descriptor leads to; those of the script itself left out. */
  readonly descriptors: Readonly<Record<string, string>>;
}

/** Reads what a script wrote of its call. */
export function parseCall(pid: number, text: string): Call {
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
    pid,
    args: args.split("\0"),
    environment: pairs(environment.split("\0"), "="),
    status: pairs(status.split("\n"), ":"),
    cwd: cwd.trim(),
    descriptors: Object.fromEntries(
      Object.entries(pairs(descriptors.split("\n"), " "))
        .filter(([, target]) => !/\/(recorder|condor_manifest)$|\/calls\/\.\d+$/.test(target)),
    ),
  };
}

/** The words, the environment and the rest: two empty words part them. */
function split(text: string): string[] {
  const first = text.indexOf("\0\0");
  const second = text.indexOf("\0\0", first + 2);
  return [text.slice(0, first), text.slice(first + 2, second), text.slice(second + 2)];
}
