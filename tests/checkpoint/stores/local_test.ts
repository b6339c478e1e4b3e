import { contract } from "./contract.ts";
import { localFixture } from "./local_fixture.ts";

contract("LocalStore", localFixture, { holdsBytes: true });
