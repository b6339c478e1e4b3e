/** Buckets that are not what they seem. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { CleanupFailure } from "../../../core/checkpoint/failure.ts";
import { baseOf } from "../../../core/checkpoint/location.ts";
import { s3BackEnd } from "../../../core/checkpoint/stores/s3.ts";
import type { Leftover, Store } from "../../../core/checkpoint/store.ts";
import { type Reply, type Routes, startFault, Valve } from "../../servers/fault.ts";
import { GONE, removeFrom } from "./contract.ts";
import { homeWithKeys, surroundings } from "./s3_buckets.ts";

const GID = "ap_1.0_1795235583";
const LOCATION = { destination: "s3://b/ck", gid: GID };
const JOB = `ck/${GID}`;
const SECRET = "very/SECRET+example";
const SESSION = "SECRETsession";

async function withService(
  routes: Routes,
  work: (store: Store, service: Awaited<ReturnType<typeof startFault>>) => Promise<void>,
  args: readonly string[] = [],
): Promise<void> {
  await using service = await startFault(routes);
  await using home = await homeWithKeys({ secret: SECRET, token: SESSION });
  await using store = await s3BackEnd.open(
    ["-endpoint", service.origin, ...args],
    surroundings(home),
  );
  await work(store, service);
}

function listing(keys: readonly string[], root = "ListBucketResult", entry = "Contents"): Reply {
  const entries = keys.map((key) =>
    `<${entry}><Key>${key}</Key><VersionId>v</VersionId></${entry}>`
  );
  return { body: `<${root}><EncodingType>url</EncodingType>${entries.join("")}</${root}>` };
}

async function leftovers(store: Store, signal = new AbortController().signal): Promise<Leftover[]> {
  return await Array.fromAsync(store.leftovers!(LOCATION, signal));
}

const text = ({ number, name }: Leftover) => `${number}/${new TextDecoder().decode(name)}`;

/** Keys that lead astray. */
const ASTRAY = [
  "victim",
  "ck/other_2.0_1/0000/victim",
  `${JOB}`,
  `${JOB}/`,
  `${JOB}/victim`,
  `${JOB}/1/victim`,
  `${JOB}/00x0/victim`,
  `${JOB}//0000/victim`,
  `${JOB}/../other/0000/victim`,
  `${JOB}/0000`,
  `${JOB}/0000/`,
  `${JOB}0/0000/victim`,
  `/${JOB}/0000/victim`,
  `CK/${GID}/0000/victim`,
  `ck%2F${GID}%2F%30000%2Fmine`,
];

Deno.test("S3 removes nothing outside of the job, whatever a bucket lists", () =>
  withService({
    "/b": listing([...ASTRAY, `${JOB}/0001/../0002/x`, `${JOB}/0001/../../../y`]),
    "/b/*": { status: 204 },
  }, async (store, service) => {
    const found = await leftovers(store);
    assertEquals(found.map(text), ["0000/mine", "0001/../0002/x", "0001/../../../y"]);
    for (const { number, name } of found) {
      const [outcome] = await removeFrom(store, baseOf(LOCATION, number), { names: [name] });
      assertEquals(outcome, text({ number, name }) === "0000/mine" ? GONE : "Unsafe");
    }
    const deleted = service.requests.filter(({ method }) => method === "DELETE");
    assertEquals(deleted.map(({ target }) => target), [`/b/${JOB}/0000/mine`]);
  }));

Deno.test("S3 with -all-versions removes no version of another object", () =>
  withService({
    "/b": ({ method, path }) => {
      assert(method !== "POST", path);
      return listing([...ASTRAY, `${JOB}/0000/aa`], "ListVersionsResult", "Version");
    },
  }, async (store, service) => {
    const names = ["a", "b"].map((name) => new TextEncoder().encode(name));
    assertEquals(await removeFrom(store, baseOf(LOCATION, "0000"), { names }), [GONE, GONE]);
    assertEquals(service.requests.map(({ method }) => method), ["GET"]);
  }, ["-all-versions"]));

const ANYBODY: Readonly<Record<string, Reply>> = {
  "a log-in page": {
    headers: { "content-type": "text/html" },
    body: "<html><body>Log in</body></html>",
  },
  "a redirect to one": { status: 302, headers: { Location: "http://login.example/" } },
  "other XML": { headers: { "content-type": "application/xml" }, body: "<hello/>" },
  "a list of deletions that is not asked for": { status: 404, body: "<DeleteResult/>" },
};
for (const [what, reply] of Object.entries(ANYBODY)) {
  Deno.test(`S3 takes ${what} for no removal`, () =>
    withService({ "/*": reply }, async (store, service) => {
      const base = baseOf(LOCATION, "0000");
      for (const names of [["a"], ["a", "b"]]) {
        const bytes = names.map((name) => new TextEncoder().encode(name));
        const outcome = await removeFrom(store, base, { names: bytes }).catch((error) => {
          assert(error instanceof CleanupFailure, `${error}`);
          return [error.kind as string];
        });
        assert(outcome.every((one) => one !== GONE), `${names}: ${outcome}`);
      }
      await assertRejects(() => leftovers(store), CleanupFailure);
      assert(service.requests.every(({ path }) => path.startsWith("/b")));
    }));
}

Deno.test("S3 follows no redirect with its keys", async () => {
  await using other = await startFault({ "/*": { status: 204 } });
  for (const status of [301, 302, 303, 307, 308]) {
    const reply = { status, headers: { Location: `${other.origin}/b/x` } };
    await withService({ "/*": reply }, async (store) => {
      const names = [new TextEncoder().encode("a")];
      const base = baseOf(LOCATION, "0000");
      await assertRejects(() => removeFrom(store, base, { names }), CleanupFailure);
    });
  }
  assertEquals(other.requests.length, 0);
});

Deno.test("S3 ends soon after it was stopped, though an answer stops half-way", () =>
  withService({
    "/*": { body: "x".repeat(1000), valve: new Valve(10) },
  }, async (store, service) => {
    const stop = new AbortController();
    service.arrived(1).then(() => stop.abort());
    const start = performance.now();
    const names = ["a", "b"].map((name) => new TextEncoder().encode(name));
    const base = baseOf(LOCATION, "0000");
    const outcome = await removeFrom(store, base, { names, signal: stop.signal });
    assertEquals(outcome, [undefined, undefined]);
    await leftovers(store, stop.signal).catch((error) => {
      assert(error instanceof CleanupFailure, `${error}`);
    });
    assert(performance.now() - start < 5000, `${performance.now() - start} ms`);
  }));

for (const status of [200, 400, 403, 500]) {
  Deno.test(`S3 shows no secret that an answer ${status} sends back`, () => {
    return withService({
      "/*": ({ headers }) => ({
        status,
        body: `<Error><Code>Strange</Code><Message>${
          headers.map(([name, value]) => `${name}: ${value}`).join(" ").replaceAll(/[<&]/g, "")
        }</Message></Error>`,
      }),
    }, async (store) => {
      const texts: string[] = [];
      const names = [new TextEncoder().encode("a")];
      const batch = { base: baseOf(LOCATION, "0000"), ignoreMissing: false, count: 1 };
      const note = (failure?: CleanupFailure) => void (failure && texts.push(failure.message));
      await store.remove({ ...batch, name: (index) => names[index]! }, {
        signal: new AbortController().signal,
        done: (_, failure) => note(failure),
      }).catch(note);
      await leftovers(store).catch(note);
      assert(texts.length > 0);
      for (const one of texts) assert(!/Signature=[0-9a-f]|SECRET/.test(one), one);
    });
  });
}
