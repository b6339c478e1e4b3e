/** The map file of the clean-up: which plug-in a destination belongs to. */
export { MapError } from "./error.ts";
export type { ReadMapOptions } from "./lines.ts";
export { CheckpointMap, type Found, programOf } from "./map.ts";
export { readMap } from "./read_map.ts";
