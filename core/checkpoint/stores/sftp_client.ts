/**
 * The client's side of the SSH File Transfer Protocol (draft-ietf-secsh-filexfer-02), as far as
 * removing needs it. Names are bytes and nothing is quoted, expanded or parsed by anybody.
 */
import {
  type DirectoryEntry,
  type FileKind,
  PACKET,
  PacketReader,
  PacketSplitter,
  printPacket,
  SftpProtocolError,
  STATUS,
  VERSION,
} from "./sftp_packets.ts";

/** A request that the server answered with an error. */
export class SftpError extends Error {
  override readonly name = "SftpError";

  /**
   * @param code of `STATUS`, or another
   * @param message the server's words
   */
  constructor(readonly code: number, message: string) {
    super(message);
  }
}

/** There is no server to answer any more. */
export class SftpLost extends Error {
  override readonly name = "SftpLost";
}

/** Where packets come from and go to. */
export interface SftpStreams {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

interface Waiting {
  resolve(reply: PacketReader): void;
  reject(error: unknown): void;
}

/** Most entries of a directory, and most answers in a row that have none. */
const MOST_ENTRIES = 10_000_000;
const MOST_EMPTY = 100;

const decoder = new TextDecoder();

/** A conversation with a server. Many requests may be under way at once. */
export class SftpClient {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #over: SftpLost | SftpProtocolError | undefined;
  #version: Waiting | undefined;

  private constructor({ readable, writable }: SftpStreams) {
    this.#writer = writable.getWriter();
    this.#read(readable).then(
      () => this.#end(undefined),
      (error) => this.#end(error),
    );
  }

  /**
   * Begins a conversation.
   *
   * @throws {SftpLost} when the server hangs up, {SftpProtocolError} when it talks otherwise
   */
  static async open(streams: SftpStreams): Promise<SftpClient> {
    const client = new SftpClient(streams);
    try {
      const reply = await new Promise<PacketReader>((resolve, reject) => {
        client.#version = { resolve, reject };
        client.#send(printPacket(PACKET.INIT, VERSION));
      });
      const version = expected(reply, PACKET.VERSION).number();
      // Those before and after it have other packets by the same numbers.
      if (version !== VERSION) throw new SftpProtocolError(`version ${version}`);
      return client;
    } catch (error) {
      await client.close();
      throw error;
    }
  }

  /** Whether the conversation has ended. */
  get isOver(): boolean {
    return this.#over !== undefined;
  }

  /** The kind of what a path names; links are not followed. */
  async lstat(path: Uint8Array): Promise<FileKind> {
    return expected(await this.#ask(PACKET.LSTAT, path), PACKET.ATTRS).kind();
  }

  /** The kind of what a path leads to. */
  async stat(path: Uint8Array): Promise<FileKind> {
    return expected(await this.#ask(PACKET.STAT, path), PACKET.ATTRS).kind();
  }

  /** Removes a file or a link. */
  async remove(path: Uint8Array): Promise<void> {
    expected(await this.#ask(PACKET.REMOVE, path), PACKET.STATUS);
  }

  /** Removes an empty directory. */
  async rmdir(path: Uint8Array): Promise<void> {
    expected(await this.#ask(PACKET.RMDIR, path), PACKET.STATUS);
  }

  /** Lists a directory. */
  async *entries(path: Uint8Array): AsyncIterable<DirectoryEntry> {
    const handle = expected(await this.#ask(PACKET.OPENDIR, path), PACKET.HANDLE).bytes();
    try {
      for (let [count, empty] = [0, 0]; count < MOST_ENTRIES && empty < MOST_EMPTY;) {
        const reply = await this.#ask(PACKET.READDIR, handle).catch((error) => {
          if (error instanceof SftpError && error.code === STATUS.EOF) return undefined;
          throw error;
        });
        if (reply === undefined) return;
        const found = expected(reply, PACKET.NAME).entries();
        count += found.length;
        empty = found.length === 0 ? empty + 1 : 0;
        yield* found;
      }
      throw new SftpProtocolError("a listing does not end");
    } finally {
      await this.#ask(PACKET.CLOSE, handle).catch(() => {});
    }
  }

  /** Ends the conversation. */
  async close(): Promise<void> {
    await this.#writer.close().catch(() => {});
  }

  #ask(type: number, text: Uint8Array): Promise<PacketReader> {
    const id = this.#next++ >>> 0;
    return new Promise((resolve, reject) => {
      if (this.#over !== undefined) return reject(this.#over);
      this.#waiting.set(id, { resolve, reject });
      this.#send(printPacket(type, id, text));
    });
  }

  #send(packet: Uint8Array<ArrayBuffer>): void {
    // A writer that fails does so because the other end is gone: the reader says so too.
    this.#writer.write(packet).catch(() => {});
  }

  async #read(readable: ReadableStream<Uint8Array>): Promise<void> {
    const splitter = new PacketSplitter();
    for await (const bytes of readable) {
      for (const packet of splitter.add(bytes)) this.#take(new PacketReader(packet));
    }
  }

  #take(reply: PacketReader): void {
    if (this.#version !== undefined) {
      this.#version.resolve(reply);
      this.#version = undefined;
      return;
    }
    const id = reply.number();
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) throw new SftpProtocolError("an answer belongs to no request");
    // Read before it is taken off: whoever waits hears of an answer that cannot be read, too.
    const error = reply.type === PACKET.STATUS ? errorIn(reply) : undefined;
    this.#waiting.delete(id);
    if (error === undefined) waiting.resolve(reply);
    else waiting.reject(error);
  }

  #end(error: unknown): void {
    this.#over = error instanceof SftpProtocolError
      ? error
      : new SftpLost("the connection ended", error === undefined ? {} : { cause: error });
    for (const { reject } of this.#waiting.values()) reject(this.#over);
    this.#version?.reject(this.#over);
    this.#waiting.clear();
    this.#version = undefined;
  }
}

/** The error that a status packet tells of, if any. Old servers leave out the words. */
function errorIn(reply: PacketReader): SftpError | undefined {
  const code = reply.number();
  if (code === STATUS.OK) return undefined;
  return new SftpError(code, reply.isAtEnd ? "" : decoder.decode(reply.bytes()));
}

function expected(reply: PacketReader, type: number): PacketReader {
  if (reply.type !== type) throw new SftpProtocolError(`it answers by packet ${reply.type}`);
  return reply;
}
