/** A scripted server of SFTP, over pipes in memory. */
import {
  PACKET,
  PacketReader,
  PacketSplitter,
} from "../../../core/checkpoint/stores/sftp_packets.ts";
import type { SftpStreams } from "../../../core/checkpoint/stores/sftp_client.ts";

/** A request, as the peer read it. */
export interface Asked {
  readonly type: number;
  readonly id: number;
  readonly text: string;
}

/** Fields of a packet: numbers take four bytes, texts have their length before them. */
export type Field = number | string | Uint8Array;

/** What the peer can do. */
export interface Peer {
  /** Sends a packet of some type. */
  packet(type: number, ...fields: readonly Field[]): void;
  /** Sends bytes as they are. */
  raw(bytes: Uint8Array): void;
  /** Sends no more. */
  hangUp(): void;
}

/** A peer at the other end of two pipes. */
export interface PeerStreams extends SftpStreams {
  /** What was asked so far. */
  readonly asked: readonly Asked[];
}

/** Answers requests by a script; `INIT` is answered with version 3 unless `version` is another. */
export function peerOf(
  script: (asked: Asked, peer: Peer) => void,
  { version = 3, greeting }: { version?: number; greeting?: Uint8Array } = {},
): PeerStreams {
  const asked: Asked[] = [];
  let sink!: ReadableStreamDefaultController<Uint8Array>;
  let isOver = false;
  const readable = new ReadableStream<Uint8Array>({
    start: (controller) => void (sink = controller),
    cancel: () => void (isOver = true),
  });
  const peer: Peer = {
    packet: (type, ...fields) => peer.raw(packetOf(type, fields)),
    raw: (bytes) => void (isOver || sink.enqueue(bytes)),
    hangUp() {
      if (!isOver) sink.close();
      isOver = true;
    },
  };
  const splitter = new PacketSplitter();
  const writable = new WritableStream<Uint8Array>({
    write(bytes) {
      for (const packet of splitter.add(bytes)) {
        const reader = new PacketReader(packet);
        const id = reader.number();
        if (reader.type === PACKET.INIT) {
          if (greeting === undefined) peer.packet(PACKET.VERSION, version);
          else peer.raw(greeting);
          continue;
        }
        const request = { type: reader.type, id, text: new TextDecoder().decode(reader.bytes()) };
        asked.push(request);
        script(request, peer);
      }
    },
    close: () => peer.hangUp(),
  });
  return { readable, writable, asked };
}

/** A packet with its length before it. */
export function packetOf(type: number, fields: readonly Field[]): Uint8Array {
  const bytes = [
    type,
    ...fields.flatMap((field) => {
      if (typeof field === "number") return u32(field);
      const text = typeof field === "string" ? new TextEncoder().encode(field) : field;
      return [...u32(text.length), ...text];
    }),
  ];
  return Uint8Array.from([...u32(bytes.length), ...bytes]);
}

function u32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}
