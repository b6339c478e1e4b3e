import { assert, assertEquals } from "@std/assert";
import { sshFailure } from "../../../core/checkpoint/stores/ssh_failure.ts";
import { sshArguments } from "../../../core/checkpoint/stores/ssh_session.ts";

Deno.test("sshArguments() asks nobody, and ends its options before the host", () => {
  const server = { host: "h", port: "22", user: "u" };
  const options = { keyFile: '/a "b/%c', knownHosts: "/k", config: "none", environment: {} };
  const args = sshArguments(server, options);
  for (
    const setting of ["BatchMode=yes", "StrictHostKeyChecking=yes", 'IdentityFile="/a \\"b/%%c"']
  ) assert(args.includes(setting), setting);
  assertEquals(args.slice(-8), ["-p", "22", "-l", "u", "-s", "--", "h", "sftp"]);
});

Deno.test("sshFailure() tells what passes from what has to be mended", () => {
  const kinds = [
    ["u@h: Permission denied (publickey).", "Credentials"],
    ["@@@\r\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\r\n@@@", "StoreUnavailable"],
    ["Host key verification failed.\r\n", "StoreUnavailable"],
    ["subsystem request failed on channel 0", "StoreUnavailable"],
    ["Unable to negotiate with 1.2.3.4 port 22: no matching host key type", "StoreUnavailable"],
    ["ssh: connect to host h port 22: Connection refused", "Transient"],
    ["ssh: Could not resolve hostname h: Name or service not known", "Transient"],
    ["kex_exchange_identification: Connection closed by remote host", "Transient"],
    ["Timeout, server h not responding.", "Transient"],
    ["", "Transient"],
  ] as const;
  for (const [output, kind] of kinds) {
    const failure = sshFailure("h", { status: 255, output, error: new Error("it ended") });
    assertEquals([output, failure.kind], [output, kind]);
    assert(!/[\r\n]/.test(failure.message), failure.message);
  }
});
