import type { Store } from "../../../core/checkpoint/store.ts";
import { missing, type Sshd, startSshd } from "../../servers/sshd.ts";
import { contract } from "./contract.ts";
import { openSsh, sshFixture } from "./ssh_fixture.ts";

/** One connection for all tests: it takes longer than most of them. */
let opened: { readonly server: Sshd; readonly store: Store } | undefined;

contract(
  "SshStore",
  async () => {
    if (opened === undefined) {
      const server = await startSshd();
      opened = { server, store: await openSsh(server) };
    }
    return await sshFixture(opened.server, opened.store);
  },
  { holdsBytes: true, missing: missing || undefined },
);

Deno.test.afterAll(async () => {
  await opened?.store[Symbol.asyncDispose]();
  await opened?.server[Symbol.asyncDispose]();
});
