/** Reading what daemons log of clean-ups. */

import { assertEquals } from "@std/assert";
import { cleanupsIn } from "./checkpoint_log.ts";

const LOG = `
11/21/26 05:03:14 ... checkpoint clean-up for job 14.0 spawned as pid 100.
11/21/26 05:03:14 ... checkpoint clean-up for job 4.0 spawned as pid 101.
11/21/26 05:03:15 checkpoint clean-up proc 101 returned 0
11/21/26 05:03:15 checkpoint clean-up proc 100 returned 256
11/21/26 05:03:16 ... checkpoint clean-up for job 14.0 spawned as pid 102.
11/21/26 05:03:19 checkpoint clean-up proc 102 timed out after 3 seconds
11/21/26 05:03:20 ... checkpoint clean-up for job 14.0 spawned as pid 100.
11/21/26 05:03:20 ... checkpoint clean-up for job 14.0 spawned as pid 10.
`;

Deno.test("cleanupsIn() finds how a job's clean-ups ended, also with a process id used again", () => {
  assertEquals(cleanupsIn(LOG, 14), [
    { pid: 100, status: 256 },
    { pid: 102, status: "timed out" },
    { pid: 100, status: undefined },
    { pid: 10, status: undefined },
  ]);
  assertEquals(cleanupsIn(LOG, 4), [{ pid: 101, status: 0 }]);
  assertEquals(cleanupsIn(LOG, 1), []);
});
