import { assertEquals } from "@std/assert";
import { configVariables, isSwitchedOn } from "../../core/config/environment.ts";

Deno.test("configVariables() keeps what the configuration is read from, and nothing else", () => {
  assertEquals(
    configVariables({
      PATH: "/bin",
      CONDOR_CONFIG: "/etc/c",
      CONDOR_PRIVATE_INHERIT: "secret",
      CONDOR_INHERIT: "x",
      _CONDOR_SPOOL: "/spool",
      _condor_LIBEXEC: "/libexec",
      _CONDOR_ANCESTOR_12: "x",
      AWS_SECRET_ACCESS_KEY: "secret",
    }),
    { CONDOR_CONFIG: "/etc/c", _CONDOR_SPOOL: "/spool", _condor_LIBEXEC: "/libexec" },
  );
});

Deno.test("isSwitchedOn() takes HTCondor's words for true, in any case, and nothing else", () => {
  const asked = (value: string) => isSwitchedOn("A_KNOB", { _CONDOR_A_KNOB: value });
  assertEquals(["true", "TRUE", "yes", "t", "1", "07", " true "].map(asked), Array(7).fill(true));
  assertEquals(["", "false", "0", "no", "-1", "truely", "1x"].map(asked), Array(7).fill(false));
  assertEquals(isSwitchedOn("A_KNOB", { _condor_a_knob: "true" }), true);
  assertEquals(isSwitchedOn("A_KNOB", { A_KNOB: "true", _CONDOR_A_KNOB_TOO: "true" }), false);
});
