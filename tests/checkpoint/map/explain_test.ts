import { assertEquals } from "@std/assert";
import { explainUrl } from "../../../core/checkpoint/map/explain.ts";
import { readMap } from "../../../core/checkpoint/map/mod.ts";
import { memoryFiles } from "./memory_files.ts";

const OURS = "cleanup_locally_mounted_checkpoint";
const MAP = `# what goes where
* x:// other,-q
* x://a/ ${OURS},-prefix,\\0,-path,/srv
* w://h/ /opt/${OURS}
* y://h/ /opt/none
* y://text/ /opt/text
* "z://with space/" "/opt/renamed \\"q\\""`;
const GID = "ap.example.org_12.0_1795235583";

function explain(url: string) {
  return explainUrl(url, {
    map: readMap("/maps/map", { includePrefix: false, files: memoryFiles({ map: MAP }) }),
    libexec: "/libexec",
    ownNames: [OURS],
    look: (path) =>
      Promise.resolve({
        exists: path !== "/opt/none",
        isExecutable: !["/opt/none", "/opt/text"].includes(path),
        isPinion: [`/libexec/${OURS}`, "/opt/renamed"].includes(path),
      }),
  });
}

Deno.test("explainUrl() shows the line, the command and the lines that lost", async () => {
  const { lines, status, facts } = await explain("x://a/b");
  assertEquals(lines, [
    'line:    /maps/map:3: prefix "x://a/"',
    `program: /libexec/${OURS} (Pinion's: in-process)`,
    `command: /libexec/${OURS} -prefix x://a/ -path /srv -from x://a/b/GID/0000 -delete FILE` +
    " -jobad JOBAD",
    'also:    /maps/map:2: prefix "x://"',
  ]);
  assertEquals(status, 0);
  assertEquals(facts["inProcess"], true);
  assertEquals(facts["candidates"], [
    { file: "/maps/map", line: 3, kind: "prefix", key: "x://a/" },
    { file: "/maps/map", line: 2, kind: "prefix", key: "x://" },
  ]);
});

Deno.test("explainUrl() takes a checkpoint's base as it is", async () => {
  const { lines, status } = await explain(`x://b/${GID}/0007`);
  assertEquals(
    lines[2],
    `command: /libexec/other -q -from x://b/${GID}/0007 -delete FILE -jobad JOBAD`,
  );
  assertEquals(lines[1], "program: /libexec/other (one process per file)");
  assertEquals(status, 0);
});

Deno.test("explainUrl() quotes words with blanks, and knows its own by name too", async () => {
  const { lines } = await explain("z://with space/");
  assertEquals(lines.slice(1), [
    "program: /opt/renamed (one process per file)",
    `command: /opt/renamed '"q"' -from 'z://with space/GID/0000' -delete FILE -jobad JOBAD`,
  ]);
});

Deno.test("explainUrl() does not take HTCondor's plug-in of the same name for its own", async () => {
  const { lines } = await explain("w://h/");
  assertEquals(lines[1], `program: /opt/${OURS} (one process per file)`);
});

Deno.test("explainUrl() tells of programs that are missing or cannot be started", async () => {
  const missing = await explain("y://h/");
  assertEquals([missing.lines[1], missing.status], ["program: /opt/none (does not exist)", 1]);
  const text = await explain("y://text/");
  assertEquals([text.lines[1], text.status], ["program: /opt/text (is not executable)", 1]);
});

Deno.test("explainUrl() tells when no line matches", async () => {
  assertEquals(await explain("q://"), {
    lines: ['No line of the map file matches "q://"'],
    facts: { url: "q://", base: "q://GID/0000", candidates: [] },
    status: 1,
  });
});

Deno.test("explainUrl() warns of a destination that only its base matches", async () => {
  const { lines, status, facts } = await explain("y://text");
  const warning = 'warning: no line matches the bare destination "y://text", so HTCondor never ' +
    "starts condor_manifest for it: add a trailing / to the destination";
  assertEquals([lines.at(-1), facts["warning"], status], [warning, warning, 1]);
});

Deno.test("explainUrl() does not guess whether a base's destination ends in a slash", async () => {
  const { lines } = await explain(`y://text/${GID}/0000`);
  assertEquals(lines.some((line) => line.startsWith("warning")), false);
});
