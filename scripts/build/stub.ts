/** The machine code that runs first in a linked executable; `stub_<machine>.s` is its source. */

/** Machines a stub exists for, by the first part of a target's name. */
export type Machine = "x86_64" | "aarch64";

/** Bytes of the header that lies right before the code, as the stub's source describes it. */
export const HEADER_SIZE = 64;

/** The code for each machine, position-independent. */
export const STUBS: Readonly<Record<Machine, Uint8Array<ArrayBuffer>>> = {
  x86_64: bytes(`
    488d1db9ffffff4889e6488b4b104c8b43184a8d44010148c1e0034829c44883e4f04889e7fc48ad
    4885c00f84ae0000004989c1488d44080148ab488b2e48a54c8b53304901da498b024983c2084801
    d848ab48ffc975ef4889e848ab4c89c9f348a54989fb498b024983c2084801d848ab49ffc875ef48
    ad4885c0741a4c8b6320e828000000740b4c8b6328e81d00000074e348abebdf48ab488b4308488b
    04034c891831ed488b034801d8ffe04901dc41803c2400742331c9458a2c0c4584ed741a443a2c08
    750548ffc1ebec49ffc441807c24ff0075f5ebd6ffc1c3bf7f000000b8e70000000f05
  `),
  aarch64: bytes(`
    09feff10e1030091220d41a94400038b84040091250c04cba5ec7c92bf000091268440f8260700b4
    c700028be7040091a78400f8288440f8a88400f82a1940f94a01098b478540f8e700098ba78400f8
    420400f181ffff54a88400f8278440f8a78400f8c60400f1a1ffff54eb0305aa478540f8e700098b
    a78400f8630400f181ffff54278440f8270100b42c1140f9100000948d0000b52c1540f90d000094
    2dffffb5a78400f8f7ffff17bf0000f9270540f9276967f8eb0000f91d0080d21e0080d2270140f9
    f000098b00021fd68c01098b8d0140396d010034ee0307aa8d154038ed000034cf154038bf010f6b
    80ffff548d154038edffff35f6ffff172d0080d2c0035fd6e00f80d2c80b80d2010000d4
  `),
};

function bytes(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(hex.replaceAll(/\s/g, ""));
}
