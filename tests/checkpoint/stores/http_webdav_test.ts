import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { CleanupFailure } from "../../../core/checkpoint/failure.ts";
import {
  pathOf,
  readListing,
  readMultistatus,
} from "../../../core/checkpoint/stores/http_webdav.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** What Apache answers to PROPFIND with Depth 1. */
const APACHE = `<?xml version="1.0" encoding="utf-8"?>
<D:multistatus xmlns:D="DAV:" xmlns:ns0="DAV:">
<D:response xmlns:lp1="DAV:">
<D:href>/s/g/</D:href>
<D:propstat>
<D:prop>
<lp1:resourcetype><D:collection/></lp1:resourcetype>
</D:prop>
<D:status>HTTP/1.1 200 OK</D:status>
</D:propstat>
</D:response>
<D:response xmlns:lp1="DAV:">
<D:href>/s/g/0003/</D:href>
<D:propstat>
<D:prop>
<lp1:resourcetype><D:collection/></lp1:resourcetype>
</D:prop>
<D:status>HTTP/1.1 200 OK</D:status>
</D:propstat>
</D:response>
<D:response xmlns:lp1="DAV:">
<D:href>/s/g/a%20b</D:href>
<D:propstat>
<D:prop>
<lp1:resourcetype/>
</D:prop>
<D:status>HTTP/1.1 200 OK</D:status>
</D:propstat>
</D:response>
</D:multistatus>`;

Deno.test("readListing() understands what Apache says", () => {
  assertEquals(readListing(bytes(APACHE), "/s/g/", "h:80"), {
    members: [{ name: "0003", isCollection: true }, { name: "a b", isCollection: false }],
    hasMore: false,
  });
});

Deno.test("readListing() takes a property that is not there for none", () => {
  const text = APACHE.replaceAll("200 OK", "404 Not Found");
  const { members } = readListing(bytes(text), "/s/g/", "h:80");
  assertEquals(members.map(({ isCollection }) => isCollection), [false, false]);
});

Deno.test("readListing() refuses the listing of something else", () => {
  for (const target of ["/s/", "/s/g/0003/x/", "/t/g/"]) {
    assertThrows(() => readListing(bytes(APACHE), target, "h:80"), CleanupFailure, "not that of");
  }
});

Deno.test("readMultistatus() reads statuses, by whatever prefix", () => {
  for (const prefix of ["", "D:", "lp1:"]) {
    const text = `<${prefix}multistatus><${prefix}response><${prefix}href>
      http://h:1/a%2fb//c/ </${prefix}href><${prefix}href>/d</${prefix}href>
      <${prefix}status>HTTP/1.1 423 Locked</${prefix}status></${prefix}response></${prefix}multistatus>`;
    assertEquals(readMultistatus(bytes(text), "h:80"), [
      { path: "/a/b/c", isCollection: false, status: 423 },
      { path: "/d", isCollection: false, status: 423 },
    ]);
  }
});

Deno.test("readMultistatus() gives one clear error for anything else", () => {
  const piece = fc.constantFrom(
    ...["<multistatus>", "</multistatus>", "<response>", "</response>", "<href>", "</href>", "/a"],
    ...[
      "&x;",
      "<!DOCTYPE a>",
      "<![CDATA[",
      "]]>",
      "<status>",
      "</status>",
      "HTTP/1.1 200",
      "\0",
      "é",
    ],
  );
  const text = fc.array(piece).map((pieces) => bytes(pieces.join("")));
  fc.assert(fc.property(fc.oneof(text, fc.uint8Array()), (body) => {
    try {
      assert(Array.isArray(readMultistatus(body, "h:80")));
    } catch (error) {
      assert(error instanceof CleanupFailure && error.kind === "NotDeleted", `${error}`);
    }
  }));
});

Deno.test("pathOf() is the same for all spellings of a path", () => {
  for (const spelling of ["/a/%C3%A9/c", "http://h/a//é/c/", "/a/%c3%A9/c?x", "/%61/é/c#x"]) {
    assertEquals(pathOf(spelling), "/a/\xc3\xa9/c");
  }
  assertEquals(pathOf("/"), "");
});
