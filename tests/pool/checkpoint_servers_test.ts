/** Checkpoints on servers: uploaded by our transfer plug-in, removed by our clean-up plug-ins. */

import { assert, assertEquals } from "@std/assert";
import { exists } from "@std/fs";
import { condor } from "../../scripts/pool/instance.ts";
import * as apache from "../servers/apache.ts";
import * as ca from "../servers/ca.ts";
import * as moto from "../servers/moto.ts";
import { until } from "./ads.ts";
import { filesBelow, manifests } from "./checkpoint_files.ts";
import { type CheckpointJob, checkpointPool, Scene } from "./checkpoint_scene.ts";
import { PLAIN_JOB, PLAIN_JOB_FILES } from "./checkpoint_scripts.ts";
import { type Pool, poolTest } from "./harness.ts";

/** The `JobStatus` of a job on hold. */
const HELD = 5;

const LINES = ["transfer_checkpoint_files = state"];

for (const option of ["", ",-collection"]) {
  poolTest(
    `checkpoints on a WebDAV server are removed${option === "" ? "" : ", each as a whole"}`,
    async (pool) => {
      await using server = await apache.startApache();
      await Deno.mkdir(`${server.root}/store`);
      await Deno.chown(`${server.root}/store`, ...await ownerOf(server.root));
      const scene = await Scene.make(pool);
      await scene.map(`* dav:// cleanup_http_checkpoint,-prefix,\\0${option}`);
      const destination = `dav://127.0.0.1:${server.port}/store`;
      const job = await scene.submitScript(PLAIN_JOB, { destination, lines: LINES });
      await scene.settled(job, { spool: ["0001", "0002"], cleanup: [] });
      const kept = ["0001", "0002"].flatMap((number) =>
        PLAIN_JOB_FILES.map((name) => `${number}/${name}`)
      );
      const stored = `${server.root}/store/${job.gid}`;
      // The server takes %20 for a blank, in the upload as in the removal.
      assertEquals(
        await filesBelow(stored),
        kept.map((name) => name.replace("%20", " ")).toSorted(),
      );
      await finish(scene, job);
      assertEquals(await exists(stored), false);
      assertEquals(await exists(`${server.root}/store`), true);
    },
    { ...checkpointPool(), missing: apache.missing },
  );
}

/** A transfer plug-in that trusts the test's authority. */
const TRUSTING_PLUGIN = `#!/bin/sh
export SSL_CERT_FILE="\${0%/*}/test_ca.pem"
exec "\${0%/*}/curl_plugin" "$@"
`;

poolTest(
  "what a removed job uploaded to a bucket, by URLs that the shadow signed, is removed",
  async (pool) => {
    await using server = await moto.startMoto();
    await server.must("/bucket", { method: "PUT" });
    await using tls = await startTls(new URL(server.origin));
    await trust(pool);
    const scene = await Scene.make(pool);
    await scene.map(`* s3:// cleanup_s3_checkpoint,-prefix,\\0,-endpoint,${server.origin}`);
    const job = await scene.submitScript(PLAIN_JOB, {
      destination: `s3://127.0.0.1:${tls.port}/bucket/store`,
      lines: [
        ...LINES,
        "aws_access_key_id_file = key_id",
        "aws_secret_access_key_file = secret",
      ],
      files: { key_id: "AKIATESTTESTTEST\n", secret: "secret/secret\n" },
    });
    await until("a checkpoint or a hold", async () => {
      const isHeld = (await job.ad())["JobStatus"] === HELD;
      return isHeld || (await manifests(job.spool)).length > 1 ? true : undefined;
    }, { seconds: 30 });
    const keys = keysIn(await server.must("/bucket?list-type=2"));
    for (const name of PLAIN_JOB_FILES) {
      const pattern = new RegExp(`^store/${job.gid}/\\d{4}/${name}$`);
      assert(keys.some((key) => pattern.test(key)), `"${name}" was not stored: ${keys}`);
    }
    // HTCondor 25.14's shadow signs all URLs and then holds the job, for what asked for signatures
    // names no file: the checkpoint is made a good one by hand.
    if ((await job.ad())["JobStatus"] === HELD) await makeGood(pool, job);
    await job.remove();
    assertEquals((await scene.cleanedBySchedd(job)).map(({ status }) => status), [0]);
    await scene.left(job);
    assertEquals(keysIn(await server.must("/bucket?list-type=2")), []);
  },
  {
    ...checkpointPool("FILETRANSFER_PLUGINS = $(LIBEXEC)/trusting_plugin"),
    scripts: { trusting_plugin: TRUSTING_PLUGIN },
    missing: [moto.missing, ca.missing].filter((text) => text !== "").join(", "),
  },
);

/** Lets the job end, and waits for the end of all that is HTCondor's. */
async function finish(scene: Scene, job: CheckpointJob): Promise<void> {
  const byShadow = await scene.cleanedByShadow(job, 3);
  assertEquals(byShadow.map(({ status }) => status), [0, 0, 0]);
  await job.release();
  await job.finished();
  assertEquals((await scene.cleanedBySchedd(job)).map(({ status }) => status), [0]);
  await scene.left(job);
}

/** What the shadow does when all of checkpoint 0 has arrived. */
async function makeGood({ instance }: Pool, job: CheckpointJob): Promise<void> {
  const name = "_condor_checkpoint_MANIFEST.0000";
  await Deno.rename(`${job.spool}.tmp/${name}`, `${job.spool}/${name}`);
  await condor(instance, ["condor_qedit", `${job.cluster}.0`, "CheckpointNumber", "0"]);
}

async function trust(pool: Pool): Promise<void> {
  const path = pool.path("libexec/test_ca.pem");
  await Deno.writeTextFile(path, (await ca.makeCa()).ca);
  await Deno.chmod(path, 0o644);
}

async function ownerOf(path: string): Promise<[uid: number, gid: number]> {
  const { uid, gid } = await Deno.stat(path);
  return [uid ?? 0, gid ?? 0];
}

function keysIn(listing: string): string[] {
  return [...listing.matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key]) => key ?? "").toSorted();
}

/** TLS in front of a server: the shadow signs nothing but https. */
async function startTls(server: URL): Promise<AsyncDisposable & { readonly port: number }> {
  const { cert, key } = (await ca.makeCa()).good;
  const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
  const serve = async (from: Deno.TlsConn) => {
    const to = await Deno.connect({ hostname: server.hostname, port: Number(server.port) });
    await Promise.allSettled([
      from.readable.pipeTo(to.writable),
      to.readable.pipeTo(from.writable),
    ]);
  };
  const open: Promise<void>[] = [];
  const accepting = (async () => {
    for await (const connection of listener) open.push(serve(connection));
  })();
  return {
    port: listener.addr.port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      await Promise.all(open);
    },
  };
}
