/** A destination on an SSH server of the test's own. */
import { sshBackEnd } from "../../../core/checkpoint/stores/ssh.ts";
import type { Store, StoreContext } from "../../../core/checkpoint/store.ts";
import type { Sshd } from "../../servers/sshd.ts";
import { type LocalFixture, localFixture } from "./local_fixture.ts";

/** What stores get in these tests. */
export function sshContext(lines: string[] = []): StoreContext {
  return {
    env: (name) => Deno.env.get(name),
    parallel: 16,
    user: { name: "tester", home: "/nonexistent" },
    jobAd: () => Promise.reject(new Error("nobody needs the ad")),
    verbose: (text) => void lines.push(text),
  };
}

/** The words of the map that make `ssh` know a server, and nothing of this machine's user. */
export function sshWords({ keyFile, knownHosts, user }: Sshd): string[] {
  return ["-config", "none", "-key-file", keyFile, "-known-hosts", knownHosts, "-user", user];
}

/** A store for a server. */
export async function openSsh(server: Sshd, words: readonly string[] = []): Promise<Store> {
  return await sshBackEnd.open([...sshWords(server), ...words], sshContext());
}

/** A directory of this machine, as the server shows it; the store belongs to the caller. */
export async function sshFixture({ host }: Sshd, store: Store): Promise<LocalFixture> {
  const local = await localFixture();
  const destination = `sftp://${host}${local.root}/store/vo`;
  return { ...local, store, location: { ...local.location, destination } };
}
