/** The version of this release, of all its executables. */
export const PINION_VERSION = "0.1.0";
