import { assertEquals } from "@std/assert";
import { giveUp } from "../../core/annex/give_in.ts";
import { DEFAULT_SETTINGS } from "../../core/annex/settings.ts";
import { ends, TestHost, type TestHostOptions } from "./test_host.ts";

const STARTING = { systemctl: ends(1, "starting\n"), shutdown: ends(0) };

async function outcome(
  how: {
    host?: TestHostOptions;
    signs?: readonly string[];
    wasConfigured?: boolean;
    onGiveUp?: "poweroff" | "fail";
  } = {},
) {
  using host = new TestHost({ boot: true, tools: STARTING, ...how.host });
  const why = await giveUp(host, {
    settings: { ...DEFAULT_SETTINGS, on_give_up: how.onGiveUp ?? "poweroff" },
    signs: new Set(how.signs ?? ["annex-tag"]),
    wasConfigured: how.wasConfigured ?? false,
  });
  return { why, isOff: host.started.some(({ tool }) => tool === "shutdown") };
}

Deno.test("giveUp() switches an annex's instance off while the system starts", async () => {
  for (const word of ["starting\n", "initializing\n"]) {
    const tools = { systemctl: ends(1, word), shutdown: ends(0) };
    assertEquals(await outcome({ host: { tools } }), { why: undefined, isOff: true });
  }
});

Deno.test("giveUp() switches nothing off for any other reason", async () => {
  for (
    const [how, why] of [
      [{ onGiveUp: "fail" }, "the settings say so"],
      [{ host: { boot: false } }, "it was not started at boot"],
      [{ signs: [] }, "nothing says that this is an annex's instance"],
      [{ wasConfigured: true }, "an earlier boot was configured"],
      [{ host: { tools: { shutdown: ends(0) } } }, "the system is not starting"],
      [
        { host: { tools: { ...STARTING, systemctl: ends(0, "running\n") } } },
        "the system is not starting",
      ],
      [
        { host: { tools: { ...STARTING, systemctl: ends(1, "degraded\n") } } },
        "the system is not starting",
      ],
    ] as const
  ) assertEquals(await outcome(how), { why, isOff: false });
});

Deno.test("giveUp() says when nobody takes the order", async () => {
  const tools = { systemctl: ends(1, "starting\n"), shutdown: ends(1) };
  assertEquals(await outcome({ host: { tools } }), { why: "the order was not taken", isOff: true });
});
