/** Servers that do not answer, and what `ssh` leaves behind: the clean-up ends all the same. */
import { assert, assertEquals } from "@std/assert";
import { CleanupFailure } from "../../../core/checkpoint/failure.ts";
import { baseOf } from "../../../core/checkpoint/location.ts";
import { sshBackEnd } from "../../../core/checkpoint/stores/ssh.ts";
import { SSH } from "../../../core/checkpoint/stores/ssh_session.ts";
import type { Store } from "../../../core/checkpoint/store.ts";
import { findProgram } from "../../servers/process.ts";
import { missing, type SshdOptions, startSshd } from "../../servers/sshd.ts";
import { openSsh, sshContext } from "./ssh_fixture.ts";

const LOCATION = { gid: "ap.example.org_12.0_1795235583" };
/** Milliseconds in which all has to be over after a stop: two graces, and some for this machine. */
const SOON = 4000;

/** Asks a store for a file, tells it to stop a moment later, and says how that ended. */
async function stopped(store: Store, destination: string): Promise<[kind: string, ms: number]> {
  const stop = new AbortController();
  const batch = {
    base: baseOf({ ...LOCATION, destination }, "0000"),
    ignoreMissing: false,
    count: 1,
    name: () => Uint8Array.of(0x61),
  };
  const outcome: string[] = [];
  setTimeout(() => stop.abort(), 300);
  const done = (_: number, failure?: CleanupFailure) => void outcome.push(failure?.kind ?? "gone");
  await store.remove(batch, { signal: stop.signal, done }).catch((error) => {
    assert(error instanceof CleanupFailure, `${error}`);
    outcome.push(error.kind);
  });
  const over = performance.now();
  await store[Symbol.asyncDispose]();
  return [outcome.join(), performance.now() - over];
}

const VERSION = String.raw`\0\0\0\005\002\0\0\0\003`;

for (
  const [what, sftp] of [
    ["never greets", "/bin/sleep 100"],
    ["greets and answers nothing", `/bin/sh -c "printf '${VERSION}'; sleep 100"`],
    [
      "greets and reads nothing more",
      `/bin/sh -c "printf '${VERSION}'; exec 0</dev/null; sleep 100"`,
    ],
  ] as const satisfies readonly (readonly [string, SshdOptions["sftp"]])[]
) {
  Deno.test({
    name: `SshStore ends by its signal where a server ${what}${
      missing && ` (skipped: ${missing})`
    }`,
    ignore: missing !== "",
    async fn() {
      await using server = await startSshd({ sftp });
      const start = performance.now();
      const [kind] = await stopped(await openSsh(server), `sftp://${server.host}/s`);
      assertEquals(kind, "Transient");
      assert(performance.now() - start < SOON, `${performance.now() - start} ms`);
    },
  });
}

const noSsh = findProgram(SSH.slice(SSH.lastIndexOf("/") + 1)) === undefined ? SSH : "";
Deno.test({
  name: `SshStore does not wait for what a proxy leaves behind${noSsh && ` (skipped: ${noSsh})`}`,
  ignore: noSsh !== "",
  async fn() {
    const config = await Deno.makeTempFile({ prefix: "pinion-ssh-" });
    const [pid, log] = [`${config}.pid`, sshContext()];
    try {
      // It holds on to the standard error that it has from ssh.
      const proxy = `sh -c 'sleep 100 <&- >&- & echo $! >${pid}; exit 1'`;
      await Deno.writeTextFile(config, `Host *\n  ProxyCommand ${proxy}\n`);
      const store = await sshBackEnd.open(["-config", config], log);
      const start = performance.now();
      const [kind] = await stopped(store, "sftp://h.example/s");
      assertEquals(kind, "Transient");
      assert(performance.now() - start < SOON, `${performance.now() - start} ms`);
    } finally {
      Deno.kill(Number(await Deno.readTextFile(pid)), "SIGKILL");
      await Deno.remove(pid);
      await Deno.remove(config);
    }
  },
});
