import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { AwsSession } from "../../core/aws/session.ts";
import { elementsAt, QueryClient, readAnswer, textAt } from "../../core/aws/query.ts";
import { AwsError } from "../../core/aws/service_error.ts";
import { HttpClient } from "../../core/http/mod.ts";
import { TransferFailure } from "../../core/errors.ts";
import { type Routes, startFault } from "../servers/fault.ts";

const { signal } = new AbortController();
const SESSION = { accessKeyId: "ID", secretAccessKey: "SECRET", sessionToken: "TOKEN/==" };
const bytes = (text: string) => new TextEncoder().encode(text);

async function against(
  routes: Routes,
  work: (client: QueryClient) => Promise<void>,
): Promise<void> {
  await using service = await startFault(routes);
  const http = new HttpClient({ env: () => undefined, userAgent: "test" });
  const session = new AwsSession({ get: () => Promise.resolve(SESSION) }, () => Date.UTC(2026, 0));
  const endpoint = { origin: service.origin, region: "r-1" };
  try {
    await work(
      new QueryClient({ http, session, service: "iam", version: "2010-05-08", endpoint }),
    );
  } finally {
    http.close();
  }
}

Deno.test("call() sends a signed form and returns the root of the answer", async () => {
  let seen: unknown;
  await against({
    "/": async (request) => {
      const body = await request.readBody();
      seen = [
        request.method,
        request.header("content-type"),
        request.header("x-amz-security-token"),
        request.header("authorization")!.replace(/Signature=.*/, ""),
        new TextDecoder().decode(body!.bytes),
      ];
      return { body: "<GetXResponse xmlns='urn:x'><a>1</a></GetXResponse>" };
    },
  }, async (client) => {
    const root = await client.call("GetX", { Name: "a b/ü*", A: "" }, signal);
    assertEquals([root.name, textAt(root, "a")], ["GetXResponse", "1"]);
  });
  assertEquals(seen, [
    "POST",
    "application/x-www-form-urlencoded; charset=utf-8",
    "TOKEN/==",
    "AWS4-HMAC-SHA256 Credential=ID/20260101/r-1/iam/aws4_request, " +
    "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, ",
    "A=&Action=GetX&Name=a%20b%2F%C3%BC%2A&Version=2010-05-08",
  ]);
});

Deno.test("call() throws what the service answers, and what is no answer", async () => {
  const error = (code: string) =>
    `<ErrorResponse><Error><Code>${code}</Code></Error></ErrorResponse>`;
  await against({ "/": { status: 404, body: error("NoSuchEntity") } }, async (client) => {
    const { facts } = await assertRejects(() => client.call("X", {}, signal), AwsError);
    assertEquals([facts.code, facts.status], ["NoSuchEntity", 404]);
  });
  for (const body of ["no xml", "", "<!DOCTYPE x><x/>", `<x>${"<a>".repeat(40)}`]) {
    await against({ "/": { body } }, async (client) => {
      await assertRejects(() => client.call("X", {}, signal), AwsError, "not the XML");
    });
  }
  await against({ "/": { raw: "" } }, async (client) => {
    await assertRejects(() => client.call("X", {}, signal), TransferFailure);
  });
});

Deno.test("callPages() follows markers to the end, and no list without one", async () => {
  const page = (n: number) => `<r><m>${n}</m>${n < 3 ? `<Marker>${n + 1}</Marker>` : ""}</r>`;
  const asked: string[] = [];
  const routes: Routes = {
    "/": async (request) => {
      const form = new URLSearchParams(new TextDecoder().decode((await request.readBody())!.bytes));
      asked.push(form.get("Marker") ?? "");
      return { body: page(Number(form.get("Marker") ?? 1)) };
    },
  };
  await against(routes, async (client) => {
    const seen: string[] = [];
    await client.callPages("L", {}, {
      signal,
      page(root) {
        seen.push(textAt(root, "m")!);
        return textAt(root, "Marker");
      },
    });
    assertEquals([seen, asked], [["1", "2", "3"], ["", "2", "3"]]);
    let count = 0;
    const endless = () => client.callPages("L", {}, { signal, page: () => `${++count}` });
    await assertRejects(endless, AwsError, "does not end");
    assertEquals(count, 100);
    await assertRejects(() => client.callPages("L", {}, { signal, page: () => "" }), AwsError);
  });
});

Deno.test("readAnswer() takes 32 elements within each other, and 4 MiB", () => {
  const nest = (depth: number) => bytes("<a>".repeat(depth) + "</a>".repeat(depth));
  readAnswer(nest(32), 200);
  assertThrows(() => readAnswer(nest(33), 200), AwsError, "more than 32");
  assertThrows(() => readAnswer(nest(100_000), 200), AwsError);
  const long = bytes(`<a>${"x".repeat(4 << 20)}</a>`);
  assertThrows(() => readAnswer(long, 200), AwsError, "longer than");
});

Deno.test("readAnswer() throws nothing but its own error, whatever comes", () => {
  const piece = fc.constantFrom(
    "<a>",
    "</a>",
    "<b x='1'/>",
    "&amp;",
    "&#1;",
    "<![CDATA[",
    "]]>",
    "t",
  );
  fc.assert(fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 30 }), (parts) => {
    try {
      readAnswer(bytes(parts.join("")), 200);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      assertEquals(error.message.includes("\n"), false);
    }
  }));
});

Deno.test("elementsAt() and textAt() go by local names, in order", () => {
  const root = readAnswer(
    bytes("<r><s><i>1</i></s><x:s xmlns:x='y'><i> 2 </i><i/></x:s></r>"),
    200,
  );
  assertEquals(elementsAt(root, "s", "i").map(({ text }) => text), ["1", " 2 ", ""]);
  assertEquals([textAt(root, "s", "i"), textAt(root, "s", "none"), textAt(root, "none")], [
    "1",
    undefined,
    undefined,
  ]);
});
