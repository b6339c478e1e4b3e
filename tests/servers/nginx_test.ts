import { assertEquals, assertStringIncludes } from "@std/assert";
import { available, missing, startNginx } from "./nginx.ts";

const ignore = !available;
const without = ignore ? ` (needs ${missing})` : "";

Deno.test({
  name: `startNginx() serves files with ranges and ETag, and logs requests${without}`,
  ignore,
  fn: async () => {
    await using server = await startNginx();
    await Deno.writeTextFile(`${server.root}/a.txt`, "hello world");
    const whole = await fetch(`${server.origin}/a.txt?x=%2f`);
    assertEquals(await whole.text(), "hello world");
    const etag = whole.headers.get("etag") ?? "";
    const part = await fetch(`${server.origin}/a.txt`, {
      headers: { range: "bytes=6-", "if-range": etag, "user-agent": "probe/1" },
    });
    assertEquals(part.status, 206);
    assertEquals(part.headers.get("content-range"), "bytes 6-10/11");
    assertEquals(await part.text(), "world");
    const [first, second] = await server.requests(2);
    assertEquals(first?.uri, "/a.txt?x=%2f");
    assertEquals([first?.method, first?.status, first?.sent], ["GET", 200, 11]);
    assertEquals([second?.range, second?.ifRange], ["bytes=6-", etag]);
    assertEquals([second?.userAgent, second?.authorization], ["probe/1", ""]);
    assertEquals(second?.connection, first?.connection);
  },
});

Deno.test({
  name: `startNginx() asks for a bearer token${without}`,
  ignore,
  fn: async () => {
    await using server = await startNginx({ bearer: "token-1", limitRate: "10m" });
    await Deno.writeTextFile(`${server.root}/a`, "x");
    const denied = await fetch(`${server.origin}/a`);
    await denied.body?.cancel();
    assertEquals(denied.status, 401);
    const allowed = await fetch(`${server.origin}/a`, {
      headers: { authorization: "Bearer token-1" },
    });
    assertEquals(await allowed.text(), "x");
  },
});

Deno.test({
  name: `startNginx() takes PUT and MKCOL, and a snippet, on IPv6${without}`,
  ignore,
  fn: async () => {
    await using server = await startNginx({
      dav: true,
      hostname: "::1",
      snippet: "location = /old { return 302 /new; }",
    });
    assertStringIncludes(server.origin, "http://[::1]:");
    const statuses: number[] = [];
    for (const [method, path] of [["PUT", "/d/a"], ["MKCOL", "/d/"], ["PUT", "/d/a"]] as const) {
      const body = method === "PUT" ? "data" : null;
      const reply = await fetch(server.origin + path, { method, body });
      await reply.body?.cancel();
      statuses.push(reply.status);
    }
    // nginx calls a missing collection its own fault: 500, where RFC 4918 asks for 409.
    assertEquals(statuses, [500, 201, 201]);
    assertEquals(await Deno.readTextFile(`${server.root}/d/a`), "data");
    const moved = await fetch(`${server.origin}/old`, { redirect: "manual" });
    await moved.body?.cancel();
    assertEquals(moved.status, 302);
    const logged = await server.requests(4);
    assertEquals(logged.map((request) => request.status), [500, 201, 201, 302]);
    assertEquals(logged[2]?.contentLength, "4");
  },
});

Deno.test({
  name: `startNginx() leaves neither process nor file behind when the test fails${without}`,
  ignore,
  fn: async () => {
    let origin = "";
    let root = "";
    const failing = async () => {
      await using server = await startNginx();
      ({ origin, root } = server);
      throw new Error("as a failing test");
    };
    await failing().catch(() => undefined);
    const gone = await fetch(origin).then((reply) => reply.status, () => "refused");
    assertEquals(gone, "refused");
    assertEquals(await Deno.stat(root).then(() => "there", () => "gone"), "gone");
  },
});
