import { assertEquals } from "@std/assert";
import { findProgram } from "../servers/process.ts";
import { built } from "./built.ts";

const SCRIPT = findProgram("script");

Deno.test({
  name: `an executable says nothing of its own on a terminal${
    SCRIPT === undefined ? " (needs script of util-linux)" : ""
  }`,
  ignore: SCRIPT === undefined,
  fn: async () => {
    const { code, stdout } = await new Deno.Command(SCRIPT!, {
      args: ["-qec", `${await built("zkm_plugin")} -version`, "/dev/null"],
      stdin: "null",
    }).output();
    assertEquals(
      [code, new TextDecoder().decode(stdout)],
      [0, "zkm_plugin (Pinion) 0.1.0, plug-in version 0.1\r\n"],
    );
  },
});
