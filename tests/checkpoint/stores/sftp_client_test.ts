/** A client of SFTP against servers that are broken, or mean harm. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { CleanupFailure } from "../../../core/checkpoint/failure.ts";
import { SftpClient, SftpError, SftpLost } from "../../../core/checkpoint/stores/sftp_client.ts";
import { PACKET, SftpProtocolError, STATUS } from "../../../core/checkpoint/stores/sftp_packets.ts";
import { SshTree } from "../../../core/checkpoint/stores/ssh_tree.ts";
import { type Asked, type Peer, peerOf } from "./sftp_peer.ts";

const PATH = new TextEncoder().encode("/s/a");
const DIRECTORY = 0o040755;
const FILE = 0o100644;

/** Fields of one entry of a `NAME` packet. */
function entry(name: string | Uint8Array, mode: number): (number | string | Uint8Array)[] {
  return [name, "-rw", 0x4, mode];
}

/** A conversation with a peer. */
async function talk(
  script: (asked: Asked, peer: Peer) => void,
  work: (client: SftpClient, asked: readonly Asked[]) => Promise<void>,
): Promise<void> {
  const streams = peerOf(script);
  const client = await SftpClient.open(streams);
  try {
    await work(client, streams.asked);
  } finally {
    await client.close();
  }
}

for (const version of [0, 2, 4, 6, 0xffffffff]) {
  Deno.test(`SftpClient refuses version ${version}`, async () => {
    const opening = SftpClient.open(peerOf(() => {}, { version }));
    await assertRejects(() => opening, SftpProtocolError, `version ${version}`);
  });
}

for (
  const [what, greeting] of [
    ["a length of 4 GiB", Uint8Array.of(0xff, 0xff, 0xff, 0xff, 2)],
    ["an empty packet", Uint8Array.of(0, 0, 0, 0)],
    ["a message of the day", new TextEncoder().encode("Welcome to h!\n")],
    ["a status", Uint8Array.of(0, 0, 0, 9, 101, 0, 0, 0, 0, 0, 0, 0, 0)],
    ["a version cut short", Uint8Array.of(0, 0, 0, 3, 2, 0, 0)],
  ] as const
) {
  Deno.test(`SftpClient refuses a greeting with ${what}`, async () => {
    const opening = SftpClient.open(peerOf(() => {}, { greeting }));
    await assertRejects(() => opening, SftpProtocolError);
  });
}

type Script = (asked: Asked, peer: Peer) => void;

/** Answers to REMOVE, none of which says that the file is gone. */
const BROKEN: Readonly<Record<string, Script>> = {
  "a length of 4 GiB": (_, peer) => peer.raw(Uint8Array.of(0xff, 0xff, 0xff, 0xff)),
  "an empty packet": (_, peer) => peer.raw(new Uint8Array(4)),
  "another's number": ({ id }, peer) => peer.packet(PACKET.STATUS, id + 1, STATUS.OK, "", ""),
  "a handle": ({ id }, peer) => peer.packet(PACKET.HANDLE, id, "h"),
  "attributes": ({ id }, peer) => peer.packet(PACKET.ATTRS, id, 0),
  "a packet of no known type": ({ id }, peer) => peer.packet(255, id, STATUS.OK),
  "a status without a code": ({ id }, peer) => peer.packet(PACKET.STATUS, id),
  "a status with half a code": ({ id }, peer) =>
    peer.raw(Uint8Array.of(0, 0, 0, 7, 101, 0, 0, 0, id, 0, 0)),
  "a message of 4 GiB": ({ id }, peer) =>
    peer.raw(Uint8Array.of(0, 0, 0, 13, 101, 0, 0, 0, id, 0, 0, 0, 4, 0xff, 0xff, 0xff, 0xff)),
  "nothing but a number": (_, peer) => peer.raw(Uint8Array.of(0, 0, 0, 1, 101)),
};
for (const [what, script] of Object.entries(BROKEN)) {
  Deno.test(`SftpClient takes ${what} for no answer to REMOVE`, () =>
    talk(script, async (client) => {
      await assertRejects(() => client.remove(PATH), SftpProtocolError);
    }));
}

for (
  const [code, message] of [[4, "Failure"], [0xffffffff, "\0\x1b[2J"], [
    9,
    "x".repeat(900_000),
  ]] as const
) {
  Deno.test(`SftpClient takes status ${code} for a refusal`, () =>
    talk(
      ({ id }, peer) => peer.packet(PACKET.STATUS, id, code, message, ""),
      async (client) => {
        const error = await assertRejects(() => client.remove(PATH), SftpError);
        assertEquals([error.code, error.message], [code, message]);
      },
    ));
}

Deno.test("SftpClient takes a status without words, as old servers send it", () =>
  talk(
    ({ id }, peer) => peer.packet(PACKET.STATUS, id, STATUS.NO_SUCH_FILE),
    async (client) => {
      const { code } = await assertRejects(() => client.remove(PATH), SftpError);
      assertEquals(code, STATUS.NO_SUCH_FILE);
    },
  ));

Deno.test("SftpClient fails all that is under way when the other end is gone", () =>
  talk(
    ({ id }, peer) => {
      if (id < 2) return;
      peer.packet(PACKET.STATUS, 1, STATUS.OK, "", "");
      // In the middle of a packet.
      peer.raw(Uint8Array.of(0, 0, 0, 20, 101, 0));
      peer.hangUp();
    },
    async (client) => {
      const all = await Promise.allSettled([0, 1, 2].map(() => client.remove(PATH)));
      assertEquals(all.map(({ status }) => status), ["rejected", "fulfilled", "rejected"]);
      await assertRejects(() => client.remove(PATH), SftpLost);
      assert(client.isOver);
    },
  ));

Deno.test("SftpClient fails all that is under way after an answer that belongs to nothing", () =>
  talk(
    ({ id }, peer) => {
      if (id < 2) return;
      peer.packet(PACKET.STATUS, 1, STATUS.OK, "", "");
      peer.packet(PACKET.STATUS, 1, STATUS.OK, "", "");
    },
    async (client) => {
      const all = await Promise.allSettled([0, 1, 2].map(() => client.remove(PATH)));
      assertEquals(all.map(({ status }) => status), ["rejected", "fulfilled", "rejected"]);
    },
  ));

/** A server whose directories hold what a script says. */
function listing(readdir: (asked: Asked, peer: Peer, count: number) => void): Script {
  let count = 0;
  return (asked, peer) => {
    const { type, id } = asked;
    if (type === PACKET.OPENDIR) peer.packet(PACKET.HANDLE, id, "h");
    else if (type === PACKET.READDIR) readdir(asked, peer, count++);
    else if (type === PACKET.LSTAT) peer.packet(PACKET.ATTRS, id, 0x4, DIRECTORY);
    else peer.packet(PACKET.STATUS, id, STATUS.OK, "", "");
  };
}

for (
  const name of ["a/b", "/etc/passwd", "../x", "..\0", "", "a\0b", "/"]
) {
  Deno.test(`SftpClient refuses an entry called ${JSON.stringify(name)}`, () =>
    talk(
      listing(({ id }, peer) =>
        peer.packet(PACKET.NAME, id, 2, ...entry("good", FILE), ...entry(name, DIRECTORY))
      ),
      async (client, asked) => {
        await assertRejects(
          () => Array.fromAsync(client.entries(PATH)),
          SftpProtocolError,
        );
        // What was opened is closed.
        assertEquals(asked.map(({ type }) => type), [PACKET.OPENDIR, PACKET.READDIR, PACKET.CLOSE]);
      },
    ));
}

Deno.test("SftpClient leaves out the entries that stand for the directory and the one above", () =>
  talk(
    listing(({ id }, peer, count) => {
      const dots = [...entry(".", DIRECTORY), ...entry("..", DIRECTORY), ...entry("...", FILE)];
      if (count > 0) peer.packet(PACKET.STATUS, id, STATUS.EOF, "", "");
      else peer.packet(PACKET.NAME, id, 3, ...dots);
    }),
    async (client) => {
      const found = await Array.fromAsync(client.entries(PATH));
      assertEquals(found.map(({ name }) => new TextDecoder().decode(name)), ["..."]);
    },
  ));

for (
  const [what, fields] of [
    ["nothing", [0]],
    ["itself", [1, ...entry(".", DIRECTORY)]],
  ] as const
) {
  Deno.test(`SftpClient gives up a listing that goes on for ever with ${what}`, () =>
    talk(
      listing(({ id }, peer) => peer.packet(PACKET.NAME, id, ...fields)),
      async (client) => {
        const error = await assertRejects(
          () => Array.fromAsync(client.entries(PATH)),
          SftpProtocolError,
        );
        assertStringIncludes(error.message, "does not end");
      },
    ));
}

Deno.test("SftpClient announces more entries than there are to no avail", () =>
  talk(
    listing(({ id }, peer) => peer.packet(PACKET.NAME, id, 0xffffffff, ...entry("a", FILE))),
    async (client) => {
      await assertRejects(() => Array.fromAsync(client.entries(PATH)), SftpProtocolError);
    },
  ));

Deno.test("SshTree stops listing a directory without end when it is told to", () => {
  const stop = new AbortController();
  return talk(
    listing(({ id }, peer, count) => {
      if (count === 1000) stop.abort();
      peer.packet(PACKET.NAME, id, 1, ...entry(`d${count}`, DIRECTORY));
    }),
    async (client, asked) => {
      const tree = new SshTree(client, new TextEncoder().encode("/s"));
      await assertRejects(() => tree.prune(PATH, stop.signal), DOMException);
      assert(asked.every(({ type }) => type !== PACKET.RMDIR && type !== PACKET.REMOVE));
    },
  );
});

Deno.test("SshTree gives up directories that lead deeper without end", () => {
  const seen = new Set<string>();
  return talk(
    ({ type, id, text }, peer) => {
      if (type === PACKET.OPENDIR) peer.packet(PACKET.HANDLE, id, text);
      else if (type !== PACKET.READDIR || seen.has(text)) {
        peer.packet(PACKET.STATUS, id, type === PACKET.READDIR ? STATUS.EOF : STATUS.OK, "", "");
      } else {
        seen.add(text);
        peer.packet(PACKET.NAME, id, 1, ...entry("d", DIRECTORY));
      }
    },
    async (client, asked) => {
      const tree = new SshTree(client, new TextEncoder().encode("/s"));
      const never = new AbortController().signal;
      const error = await assertRejects(() => tree.prune(PATH, never), CleanupFailure);
      assertStringIncludes(error.message, "too deep");
      assert(asked.every(({ type }) => type !== PACKET.RMDIR));
    },
  );
});
