import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { SETTINGS_FILE } from "../../core/annex/paths.ts";
import {
  type AnnexSettings,
  DEFAULT_SETTINGS,
  parseSettings,
  readSettings,
  SETTINGS,
} from "../../core/annex/settings.ts";
import { TestHost } from "./test_host.ts";

function parse(text: string): { settings: AnnexSettings; complaints: string[] } {
  const complaints: string[] = [];
  const settings = parseSettings(text, (line, why) => complaints.push(`${line}: ${why}`));
  return { settings, complaints };
}

Deno.test("the defaults are what the table says", () => {
  assertEquals(DEFAULT_SETTINGS, {
    imds: "v2-preferred",
    imds_family: "auto",
    firewall: "auto",
    firewall_allow_uids: [],
    firewall_required: true,
    give_up_seconds: 3000,
    on_give_up: "poweroff",
    trust_annex_tag: true,
    bucket: "",
    key: "",
    expected_bucket_owner: "auto",
    scratch: "auto",
    advertise_cloud_attributes: true,
  });
});

Deno.test("parseSettings() reads every setting", () => {
  const { settings, complaints } = parse(`# all
imds = v2-only
imds_family=ipv6
firewall = iptables   # a comment
firewall_allow_uids = 1000, 1001 1002
FIREWALL_REQUIRED = no
give_up_seconds = 60
on_give_up = fail
trust_annex_tag = off
bucket = my.bucket
key = a/config-#1.tar.gz
key = a/b.tar.gz
expected_bucket_owner = 123456789012
scratch = /dev/nvme1n1
advertise_cloud_attributes = FALSE
`);
  assertEquals(settings, {
    imds: "v2-only",
    imds_family: "ipv6",
    firewall: "iptables",
    firewall_allow_uids: [1000, 1001, 1002],
    firewall_required: false,
    give_up_seconds: 60,
    on_give_up: "fail",
    trust_annex_tag: false,
    bucket: "my.bucket",
    key: "a/b.tar.gz",
    expected_bucket_owner: "123456789012",
    scratch: "/dev/nvme1n1",
    advertise_cloud_attributes: false,
  });
  assertEquals(complaints, ["11: wanted a key without a slash at its start"]);
});

Deno.test("parseSettings() leaves each bad line aside and says why", () => {
  const bad = [
    "imds = v3",
    "firewall_allow_uids = root",
    "firewall_allow_uids = 4294967295",
    "give_up_seconds = -1",
    "give_up_seconds = 1e9",
    "bucket = Bad_Bucket",
    "bucket = a/b",
    "key = /etc/shadow",
    "key = a//b",
    "expected_bucket_owner = 12345",
    "scratch = /dev/../etc/passwd",
    "scratch = nvme1n1",
    "nonsense = 1",
    "__proto__ = 1",
    "constructor = 1",
    "no equals sign",
    "firewall_required = perhaps",
  ];
  const { settings, complaints } = parse(bad.join("\n"));
  assertEquals(settings, DEFAULT_SETTINGS);
  assertEquals(complaints.length, bad.length, complaints.join("\n"));
});

Deno.test("parseSettings() gives every setting a value of its kind, whatever is in the file", () => {
  const name = fc.constantFrom(...Object.keys(SETTINGS), "x");
  const line = fc.tuple(name, fc.string()).map(([key, value]) => `${key} = ${value}`);
  fc.assert(fc.property(fc.array(fc.oneof(line, fc.string())), (lines) => {
    const { settings } = parse(lines.join("\n"));
    for (const [key, value] of Object.entries(settings)) {
      assertEquals(typeof value, typeof DEFAULT_SETTINGS[key as keyof AnnexSettings]);
    }
    assertEquals(Object.keys(settings).sort(), Object.keys(SETTINGS).sort());
  }));
});

Deno.test("readSettings() takes the defaults without a file", async () => {
  using host = new TestHost();
  assertEquals(await readSettings(host), DEFAULT_SETTINGS);
  assertEquals(host.notes, []);
});

Deno.test("readSettings() ignores a file that others had a hand in, and says so", async () => {
  const text = "firewall = off\n";
  for (
    const [spoil, state] of [
      [(path: string) => Deno.chmodSync(path, 0o666), "mode is 0666"],
      [(path: string) => Deno.chmodSync(path, 0o664), "mode is 0664"],
      [(path: string) => {
        Deno.renameSync(path, `${path}.x`);
        Deno.symlinkSync(`${path}.x`, path);
      }, "no regular file"],
      [(path: string) => {
        Deno.removeSync(path);
        Deno.mkdirSync(path);
      }, "no regular file"],
      [(path: string) => Deno.truncateSync(path, 65537), "65537 bytes are more"],
    ] as const
  ) {
    using host = new TestHost({ files: { [SETTINGS_FILE]: text } });
    assertEquals((await readSettings(host)).firewall, "off");
    spoil(host.root + SETTINGS_FILE);
    assertEquals(await readSettings(host), DEFAULT_SETTINGS);
    assertMatch(
      host.notes.join("\n"),
      new RegExp(`^Cannot read .*${state}.*event=settings-ignored`),
    );
  }
});

Deno.test({
  name: `readSettings() ignores a file of another user${
    Deno.uid() === 0 ? "" : " (ignored: needs root)"
  }`,
  ignore: Deno.uid() !== 0,
  fn: async () => {
    using host = new TestHost({ files: { [SETTINGS_FILE]: "firewall = off\n" } });
    Deno.chownSync(host.root + SETTINGS_FILE, 1000, 0);
    assertEquals(await readSettings(host), DEFAULT_SETTINGS);
    assertMatch(host.notes[0]!, /belongs to user 1000/);
  },
});
