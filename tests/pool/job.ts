/** Jobs: submitting them, and what becomes of them. */

import { assertEquals } from "@std/assert";
import { PoolError } from "../../scripts/pool/command.ts";
import { condor, insidePath, type Instance } from "../../scripts/pool/instance.ts";
import { JOB_USER } from "../../scripts/pool/root.ts";
import { type Ad, ads, until } from "./ads.ts";
import { HELD, type JobEvent, TERMINATED, untilLogged } from "./user_log.ts";

/** Seconds a job may take to get where a test waits for it. */
const JOB_SECONDS = 60;

/** Why a job went on hold. */
export interface Hold {
  readonly reason: string;
  /** What follows `Details: ` in the reason, up to what HTCondor adds of further errors. */
  readonly details: string;
  readonly code: number;
  readonly subCode: number;
}

/** What a file of a job holds: its bytes, or a file of the host to copy with its mode. */
export type Content = string | Uint8Array | { readonly copyOf: string };

/** A submitted job. */
export interface Job {
  readonly cluster: number;
  /** Its folder, as seen from the host. */
  readonly folder: string;
  /** Waits until it ended by itself. */
  finished(): Promise<JobEvent>;
  /** Waits until it is on hold and says why. */
  held(): Promise<Hold>;
  /** Waits for the first event with this number. */
  logged(code: number): Promise<JobEvent>;
  /** Its ad in the queue. */
  ad(): Promise<Ad>;
  /** The ad of its last transfer in that direction. */
  transfer(direction: "INPUT" | "OUTPUT"): Promise<Ad>;
  /** Takes it out of the queue. */
  remove(): Promise<void>;
  /** The text of a file in its folder. */
  read(name: string): Promise<string>;
}

/** Makes a folder of the submitting user; its path inside the root. */
export async function userFolder(instance: Instance): Promise<string> {
  const words = ["mktemp", "-d", insidePath(instance, "jobs/XXXXXX")];
  return (await condor(instance, words, { user: JOB_USER })).stdout.trim();
}

/**
 * Submits a job as an ordinary user, from a folder of its own that holds `files`.
 *
 * @param lines Lines of the submit file between the common ones and `queue`.
 */
export async function submit(
  instance: Instance,
  lines: readonly string[],
  files: Readonly<Record<string, Content>>,
): Promise<Job> {
  const inside = await userFolder(instance);
  const folder = instance.root + inside;
  const owner = await Deno.stat(folder);
  for (const [name, content] of Object.entries(files)) {
    const path = `${folder}/${name}`;
    if (typeof content === "string") await Deno.writeTextFile(path, content);
    else if (content instanceof Uint8Array) await Deno.writeFile(path, content);
    else await Deno.copyFile(content.copyOf, path);
    await Deno.chown(path, owner.uid, owner.gid);
  }
  const text = [
    "log = job.log",
    "output = out",
    "error = err",
    "should_transfer_files = YES",
    "transfer_executable = false",
    "executable = /bin/true",
    "request_cpus = 1",
    "request_memory = 32",
    "request_disk = 100M",
    ...lines,
    "queue",
    "",
  ].join("\n");
  await Deno.writeTextFile(`${folder}/job.sub`, text);
  const said = await condor(instance, ["condor_submit", "-terse", "job.sub"], {
    user: JOB_USER,
    folder: inside,
  });
  const cluster = Number.parseInt(said.stdout);
  if (!Number.isInteger(cluster)) throw new PoolError(`Cannot submit: "${said.stdout}"`);
  return new PoolJob(instance, cluster, folder);
}

class PoolJob implements Job {
  readonly #instance: Instance;
  readonly cluster: number;
  readonly folder: string;

  constructor(instance: Instance, cluster: number, folder: string) {
    this.#instance = instance;
    this.cluster = cluster;
    this.folder = folder;
  }

  async finished(): Promise<JobEvent> {
    const end = await this.#until([TERMINATED, HELD]);
    assertEquals(end.code, TERMINATED, `The job went on hold:\n${end.text}`);
    return end;
  }

  async held(): Promise<Hold> {
    const end = await this.#until([TERMINATED, HELD]);
    assertEquals(end.code, HELD, `The job was not held:\n${end.text}`);
    const { HoldReason, HoldReasonCode, HoldReasonSubCode } = await this.ad();
    return {
      reason: String(HoldReason),
      details: String(HoldReason).replace(/^.*? Details: |\|.*$/gs, ""),
      code: Number(HoldReasonCode),
      subCode: Number(HoldReasonSubCode),
    };
  }

  logged(code: number): Promise<JobEvent> {
    return this.#until([code]);
  }

  async ad(): Promise<Ad> {
    const [ad] = await ads(this.#instance, ["condor_q", String(this.cluster)]);
    if (ad === undefined) throw new Error(`Job ${this.cluster} is not in the queue`);
    return ad;
  }

  transfer(direction: "INPUT" | "OUTPUT"): Promise<Ad> {
    return until(`the ${direction} history of job ${this.cluster}`, async () => {
      const words = ["condor_history", "-epochs", "-type", direction, String(this.cluster)];
      return (await ads(this.#instance, words))[0];
    });
  }

  async remove(): Promise<void> {
    await condor(this.#instance, ["condor_rm", String(this.cluster)], { user: JOB_USER });
  }

  read(name: string): Promise<string> {
    return Deno.readTextFile(`${this.folder}/${name}`);
  }

  #until(codes: readonly number[]): Promise<JobEvent> {
    const find = (events: JobEvent[]) => events.find(({ code }) => codes.includes(code));
    return untilLogged(`${this.folder}/job.log`, find, JOB_SECONDS);
  }
}
