import type { Role } from "../../../core/cli/program.ts";
import { role as probe } from "./probe.ts";

// What a module does when it is run, for all to see.
Deno.stderr.writeSync(new TextEncoder().encode("loud is loaded\n"));

export const role: Role = { ...probe, program: { ...probe.program, name: "loud" } };
