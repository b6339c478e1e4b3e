/** The contract, with a real WebDAV server. */
import { HttpClient } from "../../../core/http/mod.ts";
import { sendable } from "../../../core/http/percent.ts";
import { type Apache, missing, startApache } from "../../servers/apache.ts";
import { contract, type Fixture } from "./contract.ts";
import { contextWith, GID, open } from "./http_runs.ts";

contract("cleanup_http_checkpoint", makeFixture, {
  // An escape that is none is refused by Apache, also at the upload.
  holds: (name) => name !== "100%",
  holdsBytes: true,
  missing: missing || undefined,
});

/** Without directories: they are left for `prune()`, which has tests of its own. */
async function makeFixture(): Promise<Fixture> {
  const server = await startApache();
  const client = new HttpClient({ env: () => undefined, userAgent: "test" });
  const destination = `${server.origin.replace("http:", "dav:")}/store`;
  const store = await open([], contextWith());
  await ask(client, server, "MKCOL", "/store/");
  return {
    store,
    location: { destination, gid: GID },
    put: (path) => upload(client, server, `/store/${sendable(path)}`),
    list: () => Promise.resolve([...filesIn(server.root)]),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      client.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** As the dav scheme does it, but for names that no uploader takes, too. */
async function upload(client: HttpClient, server: Apache, target: string): Promise<void> {
  if (await ask(client, server, "PUT", target) < 300) return;
  const path = target.replace(/[?#].*$/, "");
  for (let at = 0; (at = path.indexOf("/", at + 1)) > 0;) {
    await ask(client, server, "MKCOL", path.slice(0, at + 1));
  }
  const status = await ask(client, server, "PUT", target);
  if (status >= 300) throw new Error(`Cannot upload ${target}: status ${status}`);
}

async function ask(client: HttpClient, server: Apache, method: string, target: string) {
  const { signal } = new AbortController();
  const body = { size: 0, open: async function* () {} };
  const written = target.replace(/#.*$/, "");
  const response = await client.exchange(new URL(server.origin), {
    method,
    target: written,
    signal,
    ...(method === "PUT" && { body }),
  });
  for await (const _ of response.body ?? []);
  return response.status;
}

function* filesIn(directory: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    if (name === ".DAV") continue;
    if (isDirectory) yield* filesIn(`${directory}/${name}`);
    else yield `${directory}/${name}`;
  }
}
