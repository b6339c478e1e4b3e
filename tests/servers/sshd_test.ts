import { assertEquals, assertMatch } from "@std/assert";
import { isRoot } from "./process.ts";
import { missing, type Sshd, startSshd } from "./sshd.ts";

function check(name: string, needs: string, run: () => Promise<void>): void {
  Deno.test({ name: name + (needs ? ` (skipped: ${needs})` : ""), ignore: needs !== "", fn: run });
}

async function sftp(
  { port, user, keyFile, knownHosts }: Sshd,
  commands: string,
): Promise<{ code: number; output: string }> {
  const child = new Deno.Command("sftp", {
    args: [
      ...["-b", "-", "-F", "none", "-i", keyFile, "-P", `${port}`],
      ...["-o", `UserKnownHostsFile=${knownHosts}`, `${user}@127.0.0.1`],
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(commands)).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  return {
    code,
    output: [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join(""),
  };
}

check("startSshd() lets in the holder of the key", missing, async () => {
  await using server = await startSshd();
  await Deno.writeTextFile(`${server.dir}/a b`, "hello");
  assertEquals((await sftp(server, `rm "${server.dir}/a b"\n`)).code, 0);
  const { code, output } = await sftp(
    { ...server, keyFile: server.wrongKeyFile },
    "pwd\n",
  );
  assertEquals(code, 255);
  assertMatch(output, /Permission denied \(publickey\)/);
});

check("startSshd() has keys of hosts that do not fit", missing, async () => {
  await using server = await startSshd();
  const { code, output } = await sftp({ ...server, knownHosts: server.wrongKnownHosts }, "pwd\n");
  assertEquals(code, 255);
  assertMatch(output, /Host key verification failed/);
});

check("startSshd() can let in another user", missing || (isRoot() ? "" : "root"), async () => {
  await using server = await startSshd({ unprivileged: true });
  assertEquals((await sftp(server, "ls /\n")).code, 0);
  assertMatch((await sftp(server, "rm /etc/hostname\n")).output, /Permission denied/);
});

check("startSshd() can do without SFTP", missing, async () => {
  await using server = await startSshd({ sftp: "none" });
  assertMatch((await sftp(server, "pwd\n")).output, /subsystem request failed/);
});
