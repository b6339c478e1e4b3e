import { assertEquals } from "@std/assert";
import {
  debianMirror,
  parseDeb822Sources,
  parseOneLineSources,
} from "../../scripts/pool/apt_sources.ts";

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
const DEB822 = `Types: deb
URIs: https://other.example/apt
Suites: other
Components: main

# The archive
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: ${KEYRING}

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
`;

Deno.test("debianMirror() finds the main archive among deb822 sources", () => {
  assertEquals(debianMirror(parseDeb822Sources(DEB822), "bookworm"), {
    url: "http://mirror.example/debian",
    keyring: KEYRING,
  });
});

Deno.test("debianMirror() finds the main archive among one-line sources", () => {
  const text = `# deb http://old.example/debian bookworm main
deb-src http://source.example/debian bookworm main
deb http://mirror.example/debian-security bookworm-security main
deb [arch=amd64 signed-by=${KEYRING}] http://mirror.example/debian bookworm main contrib
`;
  assertEquals(debianMirror(parseOneLineSources(text), "bookworm"), {
    url: "http://mirror.example/debian",
    keyring: KEYRING,
  });
});

Deno.test("debianMirror() takes a host that follows a suite by name", () => {
  const sources = parseOneLineSources("deb http://mirror.example/debian unstable main\n");
  assertEquals(debianMirror(sources, "trixie"), { url: "http://mirror.example/debian" });
});

Deno.test("parseDeb822Sources() reads folded fields and leaves disabled stanzas", () => {
  const text = "Types: deb\nURIs:\n http://a.example/debian\nSuites:\n sid\n\n" +
    "Enabled: no\nTypes: deb\nURIs: http://b.example/debian\nSuites: sid\n";
  assertEquals(parseDeb822Sources(text), [
    { uris: ["http://a.example/debian"], suites: ["sid"] },
  ]);
});

Deno.test("debianMirror() is undefined without the main archive", () => {
  assertEquals(debianMirror(parseDeb822Sources(DEB822), "noble"), undefined);
});
