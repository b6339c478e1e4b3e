/**
 * What a linked executable does with the environment it is started in.
 *
 * The `deno` binary obeys many variables that are none of a job's business: they could load code,
 * open a debugger, write files or lift checks. The stub hides them before the runtime looks.
 * Proxies (`http_proxy` …) and certificates stay the user's.
 */

/** Set before anything inherited. */
export const INJECTED_VARIABLES: readonly string[] = [
  // A directory that nobody can create, so that no cache is ever written.
  "DENO_DIR=/dev/null/none",
  // It would complain of that, on a terminal.
  "DENO_LOG=error,deno::cache=off",
  "DENO_NO_UPDATE_CHECK=1",
  // Else a directory with a `node` for child processes is made, and put first in their PATH.
  "DENO_DISABLE_NODE_SHIM=1",
];

/** Starts of variables that are hidden unless they are kept. */
export const HIDDEN_VARIABLES: readonly string[] = [
  // Among them: V8 flags, coverage, permission broker and audit, inspector, control socket, logs.
  "DENO_",
  // Among them: options with --require, an inherited channel, "do not check certificates".
  "NODE_",
  // Traces and metrics, with endpoints to send them to.
  "OTEL_",
  // Thread stacks, logs and backtraces of the runtime's own code.
  "RUST_",
  "TOKIO_",
  // Would replace V8's tables for dates and letters.
  "ICU_DATA=",
  // Would write the keys of every TLS session into a file.
  "SSLKEYLOGFILE=",
];

/** Starts of variables that stay: they only add or choose certificate authorities. */
export const KEPT_VARIABLES: readonly string[] = [
  "DENO_CERT=",
  "DENO_TLS_CA_STORE=",
  "NODE_EXTRA_CA_CERTS=",
  "NODE_USE_SYSTEM_CA=",
];
