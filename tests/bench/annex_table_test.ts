import { assertEquals } from "@std/assert";
import { circumstanceTable } from "../../scripts/bench/annex_table.ts";

Deno.test("circumstanceTable() has a row for each circumstance, and what both did", () => {
  const all = [
    {
      title: "ordinary",
      upstream: { good: true, text: "configured" },
      pinion: { good: true, text: "configured" },
    },
    {
      title: "`a|b`",
      upstream: { good: false, text: "still waiting" },
      pinion: { good: true, text: "configured" },
    },
  ];
  assertEquals(
    circumstanceTable(all),
    `| An instance of an annex | HTCondor's | Pinion |
| --- | --- | --- |
| ordinary | ✓ configured | ✓ configured |
| \`a\\|b\` | ✗ still waiting | ✓ configured |`,
  );
});
