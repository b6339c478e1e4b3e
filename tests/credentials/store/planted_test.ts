/** HTCondor's account, which may change the directory and owns the users', against root. */
import { assert, assertEquals } from "@std/assert";
import { bytes, failure, isRoot, place, places, Scratch, text } from "./scratch.ts";

const ignore = !isRoot();
const needsRoot = ignore ? " (ignored: needs root)" : "";
const CONDOR = { uid: 77, gid: 78 } as const;
const ALICE = place("alice/x");

/** A directory as it is on an access point, and a file of root's that nothing may change. */
class AccessPoint extends Scratch {
  constructor() {
    super();
    // The directory beside which things are planted has to be reached by others.
    Deno.chmodSync(this.at(".."), 0o711);
    Deno.chownSync(this.path, 0, CONDOR.gid);
    Deno.chmodSync(this.path, 0o2770);
    this.file("alice/x.top", "alice");
    Deno.chownSync(this.at("alice"), CONDOR.uid, CONDOR.gid);
    Deno.chmodSync(this.at("alice"), 0o2700);
    Deno.mkdirSync(this.at("../root"));
    Deno.writeTextFileSync(this.at("../root/precious"), "precious");
    Deno.chmodSync(this.at("../root/precious"), 0o600);
    Deno.writeTextFileSync(this.at("../root/x.top"), "root's");
  }

  /** Runs a command as HTCondor's account, in the directory. */
  async condor(command: string): Promise<void> {
    const { success, stderr } = await new Deno.Command("/bin/sh", {
      args: ["-ec", command],
      cwd: this.path,
      uid: CONDOR.uid,
      gid: CONDOR.gid,
      stdin: "null",
    }).output();
    assert(success, `${command}: ${text(stderr)}`);
  }

  /** What is beside the directory, with what is in it. */
  outside(): string[] {
    const root = this.at("../root");
    const files = [...Deno.readDirSync(root)].map(({ name }) => name).toSorted();
    const { mode, uid, gid } = Deno.statSync(`${root}/precious`);
    const owner = `${uid}:${gid} ${(mode! & 0o7777).toString(8)}`;
    return [...files, Deno.readTextFileSync(`${root}/precious`), owner];
  }
}

const UNTOUCHED = ["precious", "x.top", "precious", "0:0 600"];

Deno.test({
  name: `links that HTCondor's account plants change nothing of root's${needsRoot}`,
  ignore,
  async fn() {
    const plants = [
      "ln -s ../root/precious pid",
      "ln -s ../root/precious CREDMON_COMPLETE",
      "ln -s ../root/precious .credmon-status.json",
      "ln -s ../root/precious .credmon.lock",
      "ln -s ../root/new pid; ln -s ../root/new CREDMON_COMPLETE; ln -s ../root/new .credmon.lock",
      "ln -s ../../root/precious alice/x.use",
      "ln -s ../../root/new alice/x.use",
      "ln -s ../../root/precious alice/.x.use.0123456789abcdef.tmp",
      "ln -s ../root/precious .pid.0123456789abcdef.tmp",
      "rm alice/x.top; ln -s ../../root/x.top alice/x.top",
      "rm -r alice; ln -s ../root alice",
      "mv alice other; ln -s other alice",
      "mkfifo pid CREDMON_COMPLETE .credmon.lock .credmon-status.json alice/x.use",
      "rm alice/x.top; mkfifo alice/x.top",
      "mkdir alice/x.use pid CREDMON_COMPLETE .credmon.lock",
      "touch .credmon.lock pid; chmod 666 .credmon.lock pid",
    ];
    for (const plant of plants) {
      using point = new AccessPoint();
      await point.condor(plant);
      using store = point.open({ condor: CONDOR });
      const calls: readonly (() => unknown)[] = [
        () => store.lock(),
        () => store.writePid(1),
        () => store.touchComplete(),
        () => store.writeStatus(bytes("{}")),
        () => places(store.list()),
        () => store.readTop(ALICE),
        () => store.readUse(ALICE),
        () => store.publish(ALICE, "use", bytes("token")),
        () => store.create(ALICE, bytes("top")),
        () => store.create(place("bob/x"), bytes("top")),
        () => store.readStatus(),
        () => [...store.marks()],
        () => store.removeStale({ age: 0 }),
        () => store.removeComplete(),
        () => store.removePid(),
      ];
      for (const call of calls) {
        const [code] = await failure(call);
        assert(["", "unsafe"].includes(code), `${plant}: ${call}: ${code}`);
      }
      assertEquals([plant, point.outside()], [plant, UNTOUCHED]);
    }
  },
});

Deno.test({
  name: `no token is to be had from what HTCondor's account leaves lying about${needsRoot}`,
  ignore,
  async fn() {
    using point = new AccessPoint();
    await point.condor("touch alice/x.use; chmod 666 alice/x.use; mkdir open; chmod 777 open");
    await point.condor("touch open/x.top; chmod 600 open/x.top");
    using store = point.open({ condor: CONDOR });
    assertEquals(places(store.list()), ["alice/x"]);
    assertEquals(await store.publish(ALICE, "use", bytes("token")), "published");
    const { uid, gid, mode, nlink } = Deno.lstatSync(point.at("alice/x.use"));
    assertEquals([uid, gid, mode! & 0o7777, nlink], [0, CONDOR.gid, 0o400, 1]);
    assertEquals(
      (await failure(() => store.publish(place("open/x"), "use", bytes("token"))))[0],
      "unsafe",
    );
    const read = new Deno.Command("/bin/cat", {
      args: [point.at("alice/x.use")],
      uid: CONDOR.uid,
      gid: CONDOR.gid,
    });
    assertEquals(text((await read.output()).stdout), "");
  },
});

Deno.test({
  name: `a directory that HTCondor's account puts in the place of the whole is refused${needsRoot}`,
  ignore,
  async fn() {
    using point = new AccessPoint();
    // Where HTCondor's account owns the directory above, as /var/lib/condor.
    Deno.chownSync(point.at(".."), CONDOR.uid, CONDOR.gid);
    using store = point.open({ condor: CONDOR });
    await point.condor("cd ..; mv oauth moved; ln -s root oauth");
    assertEquals((await failure(() => point.open({ condor: CONDOR })))[0], "unsafe");
    assertEquals((await failure(() => places(store.list())))[0], "replaced");
    await point.condor("cd ..; rm oauth; mkdir oauth; chmod 2770 oauth");
    assertEquals((await failure(() => point.open({ condor: CONDOR })))[0], "unsafe");
    assertEquals((await failure(() => places(store.list())))[0], "replaced");
    assertEquals(point.outside(), UNTOUCHED);
  },
});
