/** Reading the answers of a plug-in that was given many files at once, as they come. */
import { ANSWER_LIMIT, type DeleteAnswer, parseDeleteAnswer } from "../delete_list.ts";

const LF = 0x0a;
const BRACE = 0x7b;

/** What becomes of the lines. */
export interface AnswerSink {
  answer(answer: DeleteAnswer): void;
  /** A line that looks like an answer, and is none. */
  broken(): void;
  /** Any other line, with its end. */
  noise(line: Uint8Array): void;
}

/** Cuts standard output into lines of bounded length, and these into answers and noise. */
export class AnswerReader {
  readonly #sink: AnswerSink;
  readonly #line = new Uint8Array(ANSWER_LIMIT);
  readonly #decoder = new TextDecoder();
  #length = 0;

  constructor(sink: AnswerSink) {
    this.#sink = sink;
  }

  /** Takes some bytes. */
  add(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length;) {
      const end = bytes.indexOf(LF, start);
      this.#append(bytes.subarray(start, end < 0 ? bytes.length : end + 1));
      if (end < 0) return;
      this.end();
      start = end + 1;
    }
  }

  /** Takes what is there for a line: the last one may lack its end. */
  end(): void {
    const line = this.#line.subarray(0, this.#length);
    if (line.length > 0) this.#take(line);
    this.#length = 0;
  }

  #append(part: Uint8Array): void {
    const fits = part.subarray(0, this.#line.length - this.#length);
    this.#line.set(fits, this.#length);
    this.#length += fits.length;
  }

  #take(line: Uint8Array): void {
    if (line[0] !== BRACE) return this.#sink.noise(line);
    const answer = parseDeleteAnswer(this.#decoder.decode(line));
    if (answer === undefined) return this.#sink.broken();
    this.#sink.answer(answer);
  }
}
