/**
 * Reading and changing ELF executables: 64-bit, little-endian, dynamically linked (System V ABI,
 * chapters 4 and 5).
 */

import type { Machine } from "./stub.ts";

/** One program header. */
export interface ProgramHeader {
  readonly type: number;
  readonly flags: number;
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Address relative to where the program is loaded. */
  readonly address: number;
  readonly fileSize: number;
  readonly memorySize: number;
  readonly align: number;
}

/** What is known of an executable. */
export interface Elf {
  readonly machine: Machine;
  /** Address of the first instruction, relative as all addresses. */
  readonly entry: number;
  readonly headers: readonly ProgramHeader[];
  /** Path of the dynamic loader. */
  readonly interpreter: string;
  /** Address of the slot that the loader fills with the address of the C library's `environ`. */
  readonly environSlot: number;
}

/** Segment types of program headers. */
export const PT = { LOAD: 1, DYNAMIC: 2, INTERP: 3, NOTE: 4 } as const;
/** Access flags of program headers. */
export const PF = { X: 1, W: 2, R: 4 } as const;

const FILE_HEADER_SIZE = 64;
const PROGRAM_HEADER_SIZE = 56;
const DT = { STRTAB: 5, SYMTAB: 6, RELA: 7, RELASZ: 8 } as const;

const MACHINES: Readonly<Record<number, { name: Machine; globDat: number }>> = {
  62: { name: "x86_64", globDat: 6 },
  183: { name: "aarch64", globDat: 1025 },
};

/** A file that is not an executable as the linker needs it. */
export class ElfError extends Error {
  override name = "ElfError";
}

/**
 * Reads the headers of an executable.
 *
 * @param file the whole file
 * @throws {ElfError} if it is no dynamically linked 64-bit executable for a machine known here
 */
export function readElf(file: Uint8Array): Elf {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  try {
    return parse(file, view);
  } catch (error) {
    if (error instanceof RangeError) throw new ElfError("Cannot read ELF file: cut short");
    throw error;
  }
}

function parse(file: Uint8Array, view: DataView): Elf {
  if (view.getUint32(0) !== 0x7f454c46) throw new ElfError("Cannot read ELF file: wrong magic");
  if (view.getUint16(4) !== 0x0201) {
    throw new ElfError("Cannot read ELF file: not 64-bit little-endian");
  }
  const machine = MACHINES[view.getUint16(18, true)];
  if (!machine) throw new ElfError("Cannot read ELF file: unknown machine");
  const headers = readProgramHeaders(view);
  return {
    machine: machine.name,
    entry: u64(view, 24),
    headers,
    interpreter: string(file, only(headers, PT.INTERP).offset),
    environSlot: findEnviron(file, view, { headers, globDat: machine.globDat }),
  };
}

function readProgramHeaders(view: DataView): ProgramHeader[] {
  const start = u64(view, 32);
  const count = view.getUint16(56, true);
  if (view.getUint16(54, true) !== PROGRAM_HEADER_SIZE) {
    throw new ElfError("Cannot read ELF file: odd program header size");
  }
  return Array.from({ length: count }, (_, i) => {
    const at = start + i * PROGRAM_HEADER_SIZE;
    return {
      type: view.getUint32(at, true),
      flags: view.getUint32(at + 4, true),
      offset: u64(view, at + 8),
      address: u64(view, at + 16),
      fileSize: u64(view, at + 32),
      memorySize: u64(view, at + 40),
      align: u64(view, at + 48),
    };
  });
}

function findEnviron(
  file: Uint8Array,
  view: DataView,
  { headers, globDat }: { headers: readonly ProgramHeader[]; globDat: number },
): number {
  const dynamic = only(headers, PT.DYNAMIC);
  const tags = new Map<number, number>();
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.fileSize; at += 16) {
    tags.set(u64(view, at), u64(view, at + 8));
  }
  const tag = (name: keyof typeof DT): number => {
    const value = tags.get(DT[name]);
    if (value === undefined) throw new ElfError(`Cannot read ELF file: no ${name} entry`);
    return value;
  };
  const rela = fileOffset(headers, tag("RELA"));
  const symbols = fileOffset(headers, tag("SYMTAB"));
  const strings = fileOffset(headers, tag("STRTAB"));
  for (let at = rela; at < rela + tag("RELASZ"); at += 24) {
    if (view.getUint32(at + 8, true) !== globDat) continue;
    const symbol = symbols + view.getUint32(at + 12, true) * 24;
    if (string(file, strings + view.getUint32(symbol, true)) === "environ") return u64(view, at);
  }
  throw new ElfError('Cannot read ELF file: it does not refer to "environ"');
}

function fileOffset(headers: readonly ProgramHeader[], address: number): number {
  const segment = headers.find((h) =>
    h.type === PT.LOAD && address >= h.address && address < h.address + h.fileSize
  );
  if (!segment) throw new ElfError("Cannot read ELF file: address outside every segment");
  return address - segment.address + segment.offset;
}

function only(headers: readonly ProgramHeader[], type: number): ProgramHeader {
  const [header, more] = headers.filter((h) => h.type === type);
  if (!header || more) throw new ElfError(`Cannot read ELF file: need one segment of type ${type}`);
  return header;
}

/** Where a new last segment goes: past everything in the file and in memory, on a page of its own. */
export interface Place {
  readonly offset: number;
  readonly address: number;
  readonly align: number;
}

/**
 * Finds the place of a new last segment.
 *
 * @param elf the executable
 * @param fileSize its length in bytes
 */
export function placeSegment(elf: Elf, fileSize: number): Place {
  const loads = elf.headers.filter((h) => h.type === PT.LOAD);
  const align = Math.max(...loads.map((h) => h.align));
  const roundUp = (n: number): number => Math.ceil(n / align) * align;
  return {
    offset: roundUp(fileSize),
    address: roundUp(Math.max(...loads.map((h) => h.address + h.memorySize))),
    align,
  };
}

/**
 * Makes the start of a file whose one note segment (the build id, unused at run time) has become
 * a loaded one that the program starts in.
 *
 * @param file the executable, at least its ELF header and program headers
 * @param options.elf the executable as read
 * @param options.place where the segment goes
 * @param options.size bytes of the segment
 * @param options.entry offset of the first instruction in the segment
 * @returns the new bytes, to be written over the old ones from the start of the file
 */
export function replaceNote(
  file: Uint8Array,
  options: { elf: Elf; place: Place; size: number; entry: number },
): Uint8Array<ArrayBuffer> {
  const { elf, place, size, entry } = options;
  const note = only(elf.headers, PT.NOTE);
  const segment: ProgramHeader = {
    ...place,
    type: PT.LOAD,
    flags: PF.R | PF.X,
    fileSize: size,
    memorySize: size,
  };
  // Loaded segments must stand in the order of their addresses, and this one has the highest.
  const rest = elf.headers.filter((h) => h !== note);
  rest.splice(rest.findLastIndex((h) => h.type === PT.LOAD) + 1, 0, segment);

  const old = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const start = u64(old, 32);
  const end = start + rest.length * PROGRAM_HEADER_SIZE;
  const head = file.slice(0, Math.max(FILE_HEADER_SIZE, end));
  const view = new DataView(head.buffer);
  setU64(view, 24, place.address + entry);
  rest.forEach((header, i) => writeProgramHeader(view, start + i * PROGRAM_HEADER_SIZE, header));
  return head;
}

function writeProgramHeader(view: DataView, at: number, header: ProgramHeader): void {
  view.setUint32(at, header.type, true);
  view.setUint32(at + 4, header.flags, true);
  setU64(view, at + 8, header.offset);
  setU64(view, at + 16, header.address);
  setU64(view, at + 24, header.address);
  setU64(view, at + 32, header.fileSize);
  setU64(view, at + 40, header.memorySize);
  setU64(view, at + 48, header.align);
}

function u64(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new ElfError("Cannot read ELF file: number out of range");
  }
  return Number(value);
}

function setU64(view: DataView, at: number, value: number): void {
  view.setBigUint64(at, BigInt(value), true);
}

function string(file: Uint8Array, at: number): string {
  const end = file.indexOf(0, at);
  if (end < 0) throw new ElfError("Cannot read ELF file: string without an end");
  return new TextDecoder().decode(file.subarray(at, end));
}
