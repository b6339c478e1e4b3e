import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { netrcLogin } from "../../../core/checkpoint/stores/http_netrc.ts";

const FILE = `# machine h login no password no
machine a.example login alice password secret account x
machine B.example
  login bob
  password "two words\\"\\\\\\t"
macdef init
  machine c.example login macro password macro

machine c.example password first login carol
machine a.example login second password second
machine nologin password x
machine nopassword login dave
default login anonymous password guest
machine late login late password late
`;

const LOGINS: [host: string, login: string][] = [
  ["a.example", "alice:secret"],
  ["b.EXAMPLE", 'bob:two words"\\\t'],
  ["c.example", "carol:first"],
  ["nopassword", "dave:"],
  ["other.example", "anonymous:guest"],
  ["late", "anonymous:guest"],
];

for (const [host, login] of LOGINS) {
  Deno.test(`netrcLogin() finds the login for ${host}`, () => {
    assertEquals(netrcLogin(FILE, host), login);
  });
}

Deno.test("netrcLogin() finds nothing where there is nothing", () => {
  for (const text of ["", "machine", "machine a", "machine b login x", "login x password y", '"']) {
    assertEquals(netrcLogin(text, "a"), undefined);
  }
});

Deno.test("netrcLogin() reads anything", () => {
  const word = fc.constantFrom(
    "machine",
    "default",
    "login",
    "password",
    "macdef",
    "a",
    '"',
    "\\",
    "#",
  );
  fc.assert(fc.property(fc.array(word), fc.constantFrom(" ", "\n", ""), (words, gap) => {
    netrcLogin(words.join(gap), "a");
  }));
});
