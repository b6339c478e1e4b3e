/** The map file of the clean-up: which plug-in a destination belongs to. */
export { MapError } from "./error.ts";
export { type CheckpointMap, type Found, programOf } from "./map.ts";
export { readMap, type ReadMapOptions } from "./read_map.ts";
