/** The hidden command `probe` alone, for tests that start it without building the executable. */
import { probe } from "../../../../core/annex/firewall/probe.ts";

await Deno.stdout.write(new TextEncoder().encode(await probe()));
