import { startRole } from "../../../core/cli/start.ts";
import { role } from "./tool.ts";

await startRole(role);
