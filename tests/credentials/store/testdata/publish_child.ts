/** Opens a credential directory, publishes once to warm up, and again when it is told to. */
import { CredentialStore } from "../../../../core/credentials/store/mod.ts";

const [path = "", size = ""] = Deno.args;
const store = CredentialStore.open(path, { condor: {} });
const encoder = new TextEncoder();
const content = (letter: string) => encoder.encode(letter.repeat(Number(size)));

// All functions of the C library have been looked up after this.
await store.publish({ user: "warm", name: "up" }, "use", content("w"));
// On this thread: no other is to call write(2) before the publication does.
Deno.stdout.writeSync(encoder.encode("ready\n"));
Deno.stdin.readSync(new Uint8Array(1));
const outcome = await store.publish({ user: "alice", name: "x" }, "use", content("n"))
  .catch((error) => error.message);
Deno.stdout.writeSync(encoder.encode(`${outcome}\n`));
