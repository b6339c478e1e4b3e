/** Boots: both programs configure a new instance of the same annex. */

import { imdsItems } from "../../tests/servers/imds.ts";
import type { Machine } from "../../tests/servers/machine.ts";
import { startCloud } from "../../tests/pool/annex_cloud.ts";
import { BOOT_ENV, BOOT_PROGRAM, makeStage, powerOffs, type Stage } from "./annex_stage.ts";
import type { Area, Contender } from "./area.ts";
import type { Start, Workload } from "./measure.ts";

/** What the requester's archive brings first (HTCondor manual, "Customizing the annex"). */
export const CONFIGURATION = "/etc/condor/config.d/00ec2-dynamic.config";

/** Seconds after which a boot is given up. */
const LONGEST_BOOT = 300;

/** An archive as the requester packs it. */
export function annexArchive(annexName: string): Record<string, string> {
  return {
    "config.d/00ec2-dynamic.config": `use security:host_based
COLLECTOR_HOST = 10.77.0.1
SEC_PASSWORD_DIRECTORY = $(ETC)/passwords.d
SEC_TOKEN_SYSTEM_DIRECTORY = $(ETC)/tokens.d
AnnexName = "${annexName}"
IsAnnex = TRUE
STARTD_ATTRS = $(STARTD_ATTRS) AnnexName IsAnnex
STARTD_NOCLAIM_SHUTDOWN = 900
`,
    "passwords.d/POOL": "password\n",
    "tokens.d/annex.user@pool": "token\n",
  };
}

/** New instances of an annex, one for each run. */
export class Boots implements Workload {
  readonly bytes = 0;
  readonly #area: Area;
  readonly #stage: Stage;
  readonly #resources: AsyncDisposableStack;
  #machine: Machine | undefined;

  private constructor(area: Area, stage: Stage, resources: AsyncDisposableStack) {
    this.#area = area;
    this.#stage = stage;
    this.#resources = resources;
  }

  /**
   * Starts the services.
   *
   * @param executable ours
   */
  static async open(
    { area, executable }: { area: Area; executable: string },
  ): Promise<Boots> {
    await using resources = new AsyncDisposableStack();
    const cloud = resources.use(
      await startCloud({ annexName: ANNEX_NAME, archive: annexArchive(ANNEX_NAME) }),
    );
    const items = imdsItems(cloud);
    const stage = resources.use(
      await makeStage({ imds: { items }, awsPort: cloud.port, executable }),
    );
    return new Boots(area, stage, resources.move());
  }

  /** Makes an instance. */
  async prepare(contender: Contender, folder: string): Promise<Start> {
    await Deno.mkdir(this.#area.outside(folder), { recursive: true });
    await this.#machine?.[Symbol.asyncDispose]();
    this.#machine = await this.#stage.instance(contender);
    return {
      enter: this.#machine.enter,
      words: ["/usr/bin/timeout", "-k", "1", `${LONGEST_BOOT}`, BOOT_PROGRAM, "start"],
      env: BOOT_ENV,
    };
  }

  /** Makes sure that it was configured, and not switched off. */
  async check(): Promise<void> {
    const machine = this.#machine!;
    if (!(await machine.read(CONFIGURATION)).includes(ANNEX_NAME)) {
      throw new Error("Cannot measure: the instance was not configured");
    }
    if (await powerOffs(machine) !== "") {
      throw new Error("Cannot measure: the instance was switched off");
    }
  }

  /** Ends all. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#machine?.[Symbol.asyncDispose]();
    await this.#resources.disposeAsync();
  }
}

const ANNEX_NAME = "annex";
