/** `condor_manifest` and the plug-ins in one process, with real servers at the other end. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { exists } from "@std/fs";
import { join } from "@std/path";
import { built, isRoot } from "../../build/built.ts";
import { missing as noApache, startApache } from "../../servers/apache.ts";
import { missing as noMoto, startMoto } from "../../servers/moto.ts";
import { missing as noSshd, startSshd } from "../../servers/sshd.ts";
import { type Job, makeWorkspace, NOBODY, type Workspace } from "../clean/workspace.ts";
import { MotoBucket } from "./s3_buckets.ts";
import { sshWords } from "./ssh_fixture.ts";

/** A server with a place for checkpoints. */
interface Place extends AsyncDisposable {
  readonly destination: string;
  /** The plug-in and its words, as in the map. */
  readonly plugin: readonly string[];
  /** Makes a file below the destination. */
  put(path: string): Promise<void>;
  /** All that is below the destination: files, and directories without any. */
  list(): Promise<string[]>;
}

/** A name for files that go one by one in all stores, so that a run lasts. */
const slow = (i: number) => `many/file ${i} `;

/** A place whose files lie in a directory of this machine. */
function onDisk(root: string): Pick<Place, "put" | "list"> {
  const walk = async (below: string): Promise<string[]> => {
    const found: string[] = [];
    let isEmpty = true;
    for await (const { name, isDirectory } of Deno.readDir(join(root, below))) {
      if (name === ".DAV") continue;
      isEmpty = false;
      if (isDirectory) found.push(...await walk(`${below}${name}/`));
      else found.push(`${below}${name}`);
    }
    return isEmpty && below !== "" ? [below] : found.sort();
  };
  return {
    async put(path) {
      const file = `${root}/${path}`;
      await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(file, "x");
    },
    list: () => walk(""),
  };
}

/** Apache's files are not of the user who runs the tests. */
async function dav(): Promise<Place> {
  const server = await startApache();
  const { put, list } = onDisk(`${server.root}/store`);
  return {
    destination: `${server.origin.replace("http", "dav")}/store`,
    plugin: ["cleanup_http_checkpoint", "-prefix", "\\0"],
    async put(path) {
      await put(path);
      const parts = path.split("/").slice(0, -1);
      for (let i = 0; i <= parts.length; i++) {
        await Deno.chmod(join(server.root, "store", ...parts.slice(0, i)), 0o777);
      }
    },
    list,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** The owner of the jobs has a key of its own. */
async function sftp(world: Workspace): Promise<Place> {
  const server = await startSshd();
  await Deno.mkdir(`${server.dir}/data`);
  const [keyFile, knownHosts] = [`${world.path}/key`, `${world.path}/known_hosts`];
  await Deno.copyFile(server.keyFile, keyFile);
  await Deno.copyFile(server.knownHosts, knownHosts);
  await Deno.chmod(keyFile, 0o600);
  await Deno.chmod(knownHosts, 0o644);
  if (isRoot()) await Deno.chown(keyFile, NOBODY, NOBODY);
  return {
    destination: `sftp://${server.host}${server.dir}/data`,
    plugin: [
      "cleanup_ssh_checkpoint",
      "-prefix",
      "\\0",
      ...sshWords({ ...server, keyFile, knownHosts }),
    ],
    ...onDisk(`${server.dir}/data`),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function s3(): Promise<Place> {
  const moto = await startMoto();
  const bucket = await MotoBucket.make(moto);
  return {
    destination: `s3://${bucket.name}/ck`,
    plugin: ["cleanup_s3_checkpoint", "-endpoint", moto.origin],
    put: (path) => bucket.put(`ck/${path}`),
    list: async () => (await bucket.keys()).map((key) => key.replace(/^ck\//, "")).sort(),
    [Symbol.asyncDispose]: () => moto[Symbol.asyncDispose](),
  };
}

/** A job of the place's. */
async function jobAt(world: Workspace, place: Place): Promise<Job> {
  for (const name of ["id", "secret"]) await Deno.writeTextFile(`${world.path}/${name}`, "KEY");
  const job = await world.job({
    status: 3,
    number: 2,
    ad: [
      `CheckpointDestination = "${place.destination}"`,
      `EC2AccessKeyId = "${world.path}/id"`,
      `EC2SecretAccessKey = "${world.path}/secret"`,
    ],
  });
  const [name, , ...rest] = job.args;
  const location = `${place.destination}/${job.gid}`;
  return { ...job, location, args: [name!, location, ...rest] };
}

/** Resolves when a place has fewer files than so many, or nobody removes any more. */
async function fewer(place: Place, count: number, over: Promise<unknown>): Promise<void> {
  let isOver = false;
  over.then(() => isOver = true);
  while (!isOver && (await place.list()).length >= count) {
    // Looked at again.
  }
}

for (
  const [kind, missing, serve, many] of [
    ["a WebDAV server", noApache, dav, 2000],
    ["a bucket", noMoto, s3, 300],
    ["an SFTP server", noSshd, sftp, 5000],
  ] as const
) {
  const title =
    `condor_manifest, stopped half-way and run again, leaves nothing of a job at ${kind}`;
  Deno.test({
    name: missing === "" ? title : `${title} (skipped: ${missing})`,
    ignore: missing !== "",
    async fn() {
      await using world = await makeWorkspace();
      await using place = await serve(world);
      const [plugin, ...words] = place.plugin;
      await Deno.copyFile(await built(plugin!), `${world.path}/libexec/${plugin}`);
      await world.map(`* ${place.destination}/ ${[plugin, ...words].join(",")}`);
      const job = await jobAt(world, place);

      const numbers: [number, string[]][] = [
        [0, ["a", "d/e/f", "é ü"]],
        [1, Array.from({ length: many }, (_, i) => slow(i))],
        [2, ["last"]],
      ];
      const orphans = ["0001/not in the MANIFEST", "0007/d/uploaded, then held"];
      const others = [
        "kept",
        `${job.gid}0/0000/neighbour`,
        `${job.gid.replace("_1.0", "_2.0")}/0001/running`,
        `0001/${job.gid}/0000/a`,
      ].sort();
      for (const [number, names] of numbers) {
        const digits = `000${number}`;
        await world.checkpoint(job, number, names, { notStored: true });
        for (const name of names) await place.put(`${job.gid}/${digits}/${name}`);
      }
      for (const name of orphans) await place.put(`${job.gid}/${name}`);
      for (const name of others) await place.put(name);

      const all = (await place.list()).length;
      const child = world.command(job.args).spawn();
      await fewer(place, all - 20, child.status);
      try {
        child.kill("SIGTERM");
      } catch {
        // It has ended, and says below why.
      }
      const stopped = await child.output();
      const said = new TextDecoder().decode(stopped.stdout);
      assertEquals(stopped.code, 1, said);
      assertMatch(said, new RegExp(`^Stopped with \\d+ of ${many} files of .* left\n`));
      const left = await place.list();
      assert(left.length > others.length + orphans.length + 1, `${left.length}`);
      const manifest = `${job.directory}/_condor_checkpoint_MANIFEST.0001`;
      const valid = await world.start(["validateManifestFile", manifest]);
      assertEquals(valid.stdout, "true\n");
      // What is there is named, so that nothing is lost track of.
      const named = new Set(
        (await Deno.readTextFile(manifest)).split("\n").map((l) => l.slice(66)),
      );
      const start = `${job.gid}/0001/many/`;
      for (const path of left) {
        if (path.startsWith(start)) assert(named.has(path.slice(start.length - 5)), path);
      }

      const again = await world.start(job.args);
      assertEquals([again.code, again.stdout], [0, ""]);
      assertEquals(await place.list(), others);
      assertEquals(await exists(job.directory), false);
    },
  });
}
