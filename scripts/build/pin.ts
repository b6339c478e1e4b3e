/**
 * The one place that says which Deno the project is built from and for. README.md and the CI
 * script name the same version; a test compares them.
 */

/** A platform that executables are linked for. */
export type Target = "x86_64-unknown-linux-gnu" | "aarch64-unknown-linux-gnu";

/** The version of Deno that runs the build and goes into the executables. */
export const DENO_VERSION = "2.9.5";

/** The npm package with the `deno` binary of each target, and the binary's SHA-256. */
export const DENO_PACKAGES: Readonly<Record<Target, { name: string; sha256: string }>> = {
  "x86_64-unknown-linux-gnu": {
    name: "@deno/linux-x64-glibc",
    sha256: "dc480c462c8c3582524f3e75c160613d0a975e1f66b5465995d58bae236da7d3",
  },
  "aarch64-unknown-linux-gnu": {
    name: "@deno/linux-arm64-glibc",
    sha256: "e1a70c5eb03b0ebaf761077029ef86b9ba22d50e2b54ca45ce5437457f701b63",
  },
};
