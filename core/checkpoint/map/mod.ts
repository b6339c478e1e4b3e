/**
 * The map file of the clean-up: which plug-in a destination belongs to. The commands about it are in
 * `explain.ts` and `check_map.ts`, which a clean-up need not load.
 */
export { MapError } from "./error.ts";
export type { ReadMapOptions } from "./lines.ts";
export { CheckpointMap, type Found, programOf } from "./map.ts";
export { readMap } from "./read_map.ts";
