/** What every store has to do, whatever it is made of. */
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { CleanupFailure, type CleanupFailureKind } from "../../../core/checkpoint/failure.ts";
import {
  type Base,
  baseOf,
  type JobLocation,
  parseBase,
} from "../../../core/checkpoint/location.ts";
import type { Batch, Leftover, Store } from "../../../core/checkpoint/store.ts";

/** A destination with nothing in it, and a store that is opened for it. */
export interface Fixture extends AsyncDisposable {
  readonly store: Store;
  /**
   * The destination, and the id of the job that the tests clean up after. Ids of other jobs are
   * made from it; the destination's parent belongs to the fixture too.
   */
  readonly location: JobLocation;
  /**
   * Makes a file, as the upload of a checkpoint would.
   *
   * @param path below the destination, e.g. the bytes of `gid/0000/a`, or beside it: `../outside`
   */
  put(path: Uint8Array): Promise<void>;
  /** Paths of all files there are, beside the destination too, in whatever form, in any order. */
  list(): Promise<readonly string[]>;
  /** Makes an empty directory; absent where there are no directories. */
  makeDirectory?(path: string): Promise<void>;
  /** Paths of all directories below the destination, e.g. `gid/0000`; absent where there are none. */
  directories?(): Promise<readonly string[]>;
}

/** Peculiarities of a kind. */
export interface ContractOptions {
  /** Whether files of this name, below a checkpoint, can exist there; all by default. */
  readonly holds?: (name: string) => boolean;
  /** Names may be bytes that are no UTF-8. */
  readonly holdsBytes?: boolean;
  /** What is missing on this machine: the tests are then skipped and say so. */
  readonly missing?: string | undefined;
}

const encoder = new TextEncoder();
/** Names that some layer is tempted to read something into. */
const ODD_NAMES = [
  "d/e/f/g",
  "with blank",
  " leading",
  "trailing ",
  "c%20d",
  "100%",
  "a?b=c",
  "a#b",
  "a&b;c",
  `single'quote`,
  `double"quote`,
  "`id`$(id)",
  "back\\slash",
  "*",
  "[a-z]",
  "{a,b}",
  "~",
  "-x/y",
  "-rf",
  "--",
  ".hidden",
  "...",
  "..a/b..",
  "doubled//slash",
  "/absolute/name",
  "a:b@c",
  "plus+sign",
  "naïve/日本語",
  "e\u0301",
  "new\nline",
  "tab\there",
  "carriage\rreturn",
  "x".repeat(200),
];

const LEADING_OUT = [
  "..",
  "../a",
  "../0001/a",
  "../../other/0000/a",
  "d/../../0001/a",
  "/../0001/a",
  "./../../../outside",
  "d/../..",
];

/**
 * Registers the tests that a store has to pass.
 *
 * @param name of the kind, for the tests' names
 * @param makeFixture makes a destination for one test
 */
export function contract(
  name: string,
  makeFixture: () => Promise<Fixture>,
  { holds = () => true, holdsBytes = false, missing }: ContractOptions = {},
): void {
  const check = (title: string, run: (fixture: Given) => Promise<void>) => {
    Deno.test({
      name: `${name} ${title}${missing === undefined ? "" : ` (skipped: ${missing})`}`,
      ignore: missing !== undefined,
      async fn() {
        await using fixture = await makeFixture();
        await run(new Given(fixture));
      },
    });
  };

  check("removes the named files and nothing else", async (given) => {
    await given.put("0000", ["a", "b", "d/c", "keep", "d/keep", "ab", "a.keep"]);
    assertEquals(await given.remove("0000", ["a", "b", "d/c"]), [GONE, GONE, GONE]);
    await given.assertLeft(["0000/keep", "0000/d/keep", "0000/ab", "0000/a.keep"]);
  });

  check("takes a file that is not there for gone", async (given) => {
    await given.put("0000", ["keep"]);
    assertEquals(await given.remove("0000", ["a", "no/such/directory"]), [GONE, GONE]);
    assertEquals(await given.remove("0007", ["a"]), [GONE]);
    await given.assertLeft(["0000/keep"]);
  });

  check("takes all files of a job that has none for gone", async (given) => {
    assertEquals(await given.remove("0000", ["a", "d/b"]), [GONE, GONE]);
  });

  for (const odd of ODD_NAMES.filter(holds)) {
    check(`removes ${JSON.stringify(odd.slice(0, 40))}`, async (given) => {
      await given.put("0000", ["keep"]);
      await given.put("0001", ["keep"]);
      const before = await given.fixture.list();
      await given.put("0000", [odd]);
      assertEquals((await given.fixture.list()).length, before.length + 1, "the fixture's put()");
      assertEquals(await given.remove("0000", [odd]), [GONE]);
      await given.assertLeft(["0000/keep", "0001/keep"]);
    });
  }

  if (holdsBytes) {
    check("removes a name that is no UTF-8", async (given) => {
      const [bytes, other] = [Uint8Array.of(0x61, 0xff, 0x62), Uint8Array.of(0x61, 0xfe, 0x62)];
      await given.put("0000", ["keep", bytes, other]);
      assertEquals(await given.remove("0000", [bytes]), [GONE]);
      assertEquals((await given.fixture.list()).length, 2);
      assertEquals(await given.remove("0000", [other]), [GONE]);
      await given.assertLeft(["0000/keep"]);
    });
  }

  for (const out of LEADING_OUT) {
    check(`refuses ${JSON.stringify(out)}, goes on, and touches nothing outside`, async (given) => {
      await given.put("0000", ["a", "keep", "d/keep"]);
      await given.put("0001", ["a"]);
      await given.putElsewhere(["other/0000/a", "../outside"]);
      assertEquals(await given.remove("0000", [out, "a"]), ["Unsafe", GONE]);
      await given.assertLeft(["0000/keep", "0000/d/keep", "0001/a"], [
        "other/0000/a",
        "../outside",
      ]);
    });
  }

  check("does not remove what no name says", async (given) => {
    await given.put("0000", ["keep"]);
    assertEquals(await given.remove("0000", ["", "/", "."]), Array(3).fill("NotDeleted"));
    await given.assertLeft(["0000/keep"]);
  });

  check("leaves the job's other checkpoints, and jobs with like ids, alone", async (given) => {
    const { gid } = given.fixture.location;
    await given.put("0001", ["a"]);
    await given.put("0002", ["a"]);
    await given.put("00010", ["a"]);
    await given.putElsewhere([`${gid}0/0001/a`, `x${gid}/0001/a`]);
    assertEquals(await given.remove("0001", ["a"]), [GONE]);
    await given.assertLeft(["0002/a", "00010/a"], [`${gid}0/0001/a`, `x${gid}/0001/a`]);
  });

  check("understands the doubled slash of the shadow, and one at the end", async (given) => {
    const { destination, gid } = given.fixture.location;
    await given.put("0000", ["a", "b", "keep"]);
    for (
      const [text, file] of [[`${destination}//${gid}/0000`, "a"], [
        `${destination}/${gid}/0000/`,
        "b",
      ]]
    ) {
      assertEquals(await given.remove(parseBase(text!), [file!]), [GONE]);
    }
    await given.assertLeft(["0000/keep"]);
  });

  check("removes 1,000 files in one batch and reports each once", async (given) => {
    const names = Array.from({ length: 1000 }, (_, i) => `d${i % 10}/file ${i}`);
    await given.put("0000", [...names, "keep"]);
    assertEquals(await given.remove("0000", names), names.map(() => GONE));
    await given.assertLeft(["0000/keep"]);
  });

  check("reports each index once where a name comes twice", async (given) => {
    await given.put("0000", ["a", "keep"]);
    assertEquals(await given.remove("0000", ["a", "a", "./a"]), [GONE, GONE, GONE]);
    await given.assertLeft(["0000/keep"]);
  });

  check("may be asked again, and for nothing", async (given) => {
    await given.put("0000", ["a", "b", "keep"]);
    for (let i = 0; i < 2; i++) {
      assertEquals(await given.remove("0000", ["a", "b"]), [GONE, GONE]);
      assertEquals(await given.remove("0000", []), []);
      await given.assertLeft(["0000/keep"]);
    }
  });

  check("does the same with -ignore-missing-files", async (given) => {
    await given.put("0000", ["a", "keep"]);
    assertEquals(await given.remove("0000", ["a", "b"], { ignoreMissing: true }), [GONE, GONE]);
    await given.assertLeft(["0000/keep"]);
  });

  check("begins nothing when it is stopped before", async (given) => {
    await given.put("0000", ["a", "b"]);
    const outcome = await given.remove("0000", ["a", "b"], { signal: AbortSignal.abort() });
    assertEquals(outcome, [undefined, undefined]);
    await given.assertLeft(["0000/a", "0000/b"]);
  });

  check("ends soon when it is stopped, and goes on from there when asked again", async (given) => {
    const names = Array.from({ length: 300 }, (_, i) => `file${i}`);
    await given.put("0000", names);
    const stop = new AbortController();
    const outcome = await given.remove("0000", names, {
      signal: stop.signal,
      onDone: () => stop.abort(),
    });
    const reported = names.filter((_, i) => outcome[i] === GONE);
    assert(reported.length > 0);
    assertEquals(outcome.filter((one) => one !== GONE && one !== undefined), []);
    assert((await given.fixture.list()).length <= names.length - reported.length);
    const rest = names.filter((_, i) => outcome[i] === undefined);
    assertEquals(await given.remove("0000", rest), rest.map(() => GONE));
    await given.assertLeft([]);
  });

  check("removes directories as they become empty, and none above the job's", async (given) => {
    const { directories, makeDirectory } = given.fixture;
    if (directories === undefined || makeDirectory === undefined) return;
    const { gid } = given.fixture.location;
    await given.put("0000", ["d/e/a", "d/f/keep", "g/h/b", "g/b"]);
    await makeDirectory.call(given.fixture, `${gid}/0000/empty`);
    await given.remove("0000", ["g/h/b", "d/e/a", "g/b", "empty/gone"]);
    const top = (await directories.call(given.fixture)).filter((path) => path.startsWith(gid));
    assertEquals(top.toSorted(), [gid, `${gid}/0000`, `${gid}/0000/d`, `${gid}/0000/d/f`]);
    await given.remove("0000", ["d/f/keep"]);
    assertEquals(await directories.call(given.fixture), []);
    await given.remove("0000", ["d/f/keep"]);
  });

  check("lists what is left, if it can list", async (given) => {
    const { store, location } = given.fixture;
    if (store.leftovers === undefined) return;
    assertEquals(await leftovers(store, location), []);
    const names = ["a", "d/e/b", "with blank", "日本語"].filter(holds);
    await given.put("0000", names);
    await given.put("0012", ["x"]);
    await given.putElsewhere(["other/0000/a", `${location.gid}0/0000/a`]);
    const expected = [...names.map((one) => `0000/${one}`), "0012/x"];
    assertEquals(await leftovers(store, location), expected.toSorted());
    for (const leftover of await all(store.leftovers(location, new AbortController().signal))) {
      assertEquals(await given.remove(leftover.number, [leftover.name]), [GONE]);
    }
    assertEquals(await leftovers(store, location), []);
    await given.assertLeft([], ["other/0000/a", `${location.gid}0/0000/a`]);
  });

  check("removes only directories without files when it prunes", async (given) => {
    const { store, location, directories, makeDirectory } = given.fixture;
    if (store.prune === undefined || !directories || !makeDirectory) return;
    const { gid } = location;
    const { signal } = new AbortController();
    await store.prune(location, signal);
    await given.put("0000", ["d/keep"]);
    for (const path of ["0000/e/f", "0000/d/g", "0001", "0002/x"]) {
      await makeDirectory.call(given.fixture, `${gid}/${path}`);
    }
    await makeDirectory.call(given.fixture, "other/0000");
    await store.prune(location, signal);
    const left = await directories.call(given.fixture);
    assertEquals(
      left.toSorted(),
      [
        gid,
        `${gid}/0000`,
        `${gid}/0000/d`,
        "other",
        "other/0000",
      ].toSorted(),
    );
    await given.assertLeft(["0000/d/keep"]);
    await given.remove("0000", ["d/keep"]);
    await makeDirectory.call(given.fixture, `${gid}/0001/x`);
    await store.prune(location, signal);
    assertEquals((await directories.call(given.fixture)).toSorted(), ["other", "other/0000"]);
  });
}

/** Checks that opening or using a store fails in a certain way. */
export async function assertFails(
  work: () => Promise<unknown>,
  kind: CleanupFailureKind,
): Promise<CleanupFailure> {
  const error = await assertRejects(work);
  assertInstanceOf(error, CleanupFailure);
  assertEquals(error.kind, kind, error.message);
  assert(!/[\n\r]/.test(error.message), "a message is one line");
  return error;
}

/** What {@linkcode removeFrom} says of a file that is gone. */
export const GONE = "gone";

/** How a removal is asked for. */
export interface Asked {
  readonly signal?: AbortSignal;
  readonly ignoreMissing?: boolean;
  readonly onDone?: () => void;
}

/**
 * Removes files.
 *
 * @returns for each name `gone`, the kind of its failure, or nothing if it was not begun
 */
export async function removeFrom(
  store: Store,
  base: Base,
  { names, signal, ignoreMissing = false, onDone }: Asked & {
    readonly names: readonly (string | Uint8Array)[];
  },
): Promise<(string | undefined)[]> {
  const bytes = names.map(toBytes);
  const outcome: (string | undefined)[] = names.map(() => undefined);
  const batch: Batch = { base, ignoreMissing, count: names.length, name: (index) => bytes[index]! };
  await store.remove(batch, {
    signal: signal ?? new AbortController().signal,
    done(index, failure) {
      assertEquals(outcome[index], undefined, "each file is reported once");
      assert(Number.isInteger(index) && index >= 0 && index < names.length);
      outcome[index] = failure?.kind ?? GONE;
      onDone?.();
    },
  });
  return outcome;
}

/** A fixture, and what the tests do with it. */
class Given {
  constructor(readonly fixture: Fixture) {}

  /** Makes files of a checkpoint. */
  async put(number: string, names: readonly (string | Uint8Array)[]): Promise<void> {
    const { gid } = this.fixture.location;
    for (const name of names) await this.fixture.put(joined(`${gid}/${number}/`, name));
  }

  /** Makes other files. */
  async putElsewhere(paths: readonly string[]): Promise<void> {
    for (const path of paths) await this.fixture.put(encoder.encode(path));
  }

  async remove(
    where: string | Base,
    names: readonly (string | Uint8Array)[],
    how: Asked = {},
  ): Promise<(string | undefined)[]> {
    const { store, location } = this.fixture;
    const base = typeof where === "string" ? baseOf(location, where) : where;
    return await removeFrom(store, base, { names, ...how });
  }

  /** Checks that these files, and no others, are there: by making them, which changes nothing. */
  async assertLeft(ofTheJob: readonly string[], elsewhere: readonly string[] = []): Promise<void> {
    const { gid } = this.fixture.location;
    const left = (await this.fixture.list()).toSorted();
    assertEquals(left.length, ofTheJob.length + elsewhere.length, `left: ${JSON.stringify(left)}`);
    for (const path of ofTheJob) await this.fixture.put(encoder.encode(`${gid}/${path}`));
    for (const path of elsewhere) await this.fixture.put(encoder.encode(path));
    assertEquals((await this.fixture.list()).toSorted(), left);
  }
}

async function leftovers(store: Store, location: JobLocation): Promise<string[]> {
  const found = await all(store.leftovers!(location, new AbortController().signal));
  return found.map(({ number, name }) => `${number}/${new TextDecoder().decode(name)}`).toSorted();
}

async function all(found: AsyncIterable<Leftover>): Promise<Leftover[]> {
  const list: Leftover[] = [];
  for await (const { number, name } of found) list.push({ number, name: name.slice() });
  return list;
}

function toBytes(name: string | Uint8Array): Uint8Array {
  return typeof name === "string" ? encoder.encode(name) : name;
}

function joined(start: string, name: string | Uint8Array): Uint8Array {
  return Uint8Array.from([...encoder.encode(start), ...toBytes(name)]);
}
