/** The key tool where a system call fails or is the last thing that it does (strace(1)). */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { readJwkSet, readPrivateKey } from "../../../core/keys/mod.ts";
import { Folder, keyPath } from "./hosts.ts";

const STRACE = "/usr/bin/strace";
const ignore = Deno.build.os !== "linux" ||
  !await Deno.stat(STRACE).then(() => true, () => false);
const unless = ignore ? " (needs strace)" : "";
const PROGRAM = fromFileUrl(new URL("../../../cmd/scitokens-admin-create-key.ts", import.meta.url));

/** What changes files, besides writing into one that has no name yet; `/` begins a pattern. */
const CALLS = ["fsync", "/^link", "/^rename", "/^unlink", "/chmod"];

/** A system call that goes wrong, by its number among those of its name. */
interface Fault {
  readonly call: string;
  readonly how: string;
  readonly when: number;
}

/** Runs the tool with a fault; tells whether it failed. */
async function suffer(args: readonly string[], { call, how, when }: Fault): Promise<boolean> {
  const { code } = await new Deno.Command(STRACE, {
    args: [
      ...["-f", "-qq", "-o", "/dev/null", "-e", `trace=${call}`],
      ...["-e", `inject=${call}:${how}:when=${when}`],
      ...[Deno.execPath(), "run", "--no-check", "-A", PROGRAM, ...args],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  return code !== 0;
}

/** All faults in turn, of each call until one is not reached; returns how many were suffered. */
async function everywhere(
  how: string,
  work: (suffer: (args: readonly string[]) => Promise<boolean>) => Promise<boolean>,
): Promise<number> {
  let count = 0;
  for (const call of CALLS) {
    for (let when = 1; await work((args) => suffer(args, { call, how, when })); when++) count++;
  }
  return count;
}

for (const how of ["signal=KILL", "error=EIO"]) {
  Deno.test({
    name: `-out leaves a whole key or none: ${how}${unless}`,
    ignore,
    async fn() {
      const count = await everywhere(how, async (suffer) => {
        using folder = new Folder();
        const failed = await suffer(["-create-keys", "-ec", "-out", folder.at("k.pem")]);
        const modes = folder.modes();
        if (modes["k.pem"] !== undefined) await readPrivateKey(folder.read("k.pem"));
        else assert(failed);
        for (const [name, mode] of Object.entries(modes)) assertEquals([name, mode], [name, "600"]);
        // What an error is returned for is also cleared away.
        if (how.startsWith("error")) {
          assert(
            modes["k.pem"] === undefined || !failed,
            "a key is there, and the tool says it is not",
          );
        }
        return failed;
      });
      // fsync, link, unlink, and fsync of the directory at least.
      assert(count >= 4 - (how.startsWith("error") ? 1 : 0), `${count} faults`);
    },
  });

  Deno.test({
    name: `-well-known leaves old files or new ones: ${how}${unless}`,
    ignore,
    async fn() {
      const [old, next] = [keyPath("ec-private.pem"), keyPath("rsa-private.pem")];
      const count = await everywhere(how, async (suffer) => {
        using folder = new Folder();
        const args = (key: string) => [
          ...["-private-keyfile", key, "-issuer", "https://i.example", "-well-known", folder.path],
        ];
        const first = await suffer(args(old));
        const names = Object.keys(folder.modes());
        const hasSet = names.includes("issuer.jwks");
        // Metadata never name a set that is not there.
        if (names.includes("openid-configuration")) assert(hasSet);
        const second = await suffer(args(next));
        if (Object.hasOwn(folder.modes(), "issuer.jwks")) {
          const { keys } = await readJwkSet(folder.read("issuer.jwks"));
          assertEquals(keys.length, 1);
          assert(!second || !hasSet || ["f00f", "4fe2"].includes(keys[0]!.kid!));
        }
        return first || second;
      });
      assert(count >= 6, `${count} faults`);
    },
  });
}
