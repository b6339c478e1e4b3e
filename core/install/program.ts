/** The multi-call executable: its own commands, and handing over to a role. */

import { join, resolve } from "@std/path";
import { parseOptions } from "../cli/mod.ts";
import type { Program, Role } from "../cli/mod.ts";
import { UsageError } from "../errors.ts";
import { PINION_VERSION } from "../version.ts";
import { condorLines } from "./condor_lines.ts";
import { installRole } from "./install.ts";
import { installSystem } from "./system_files.ts";
import { invokedName } from "../cli/invoked_name.ts";
import { revokeRest, unionOf } from "./permissions.ts";
import { pickRole } from "./pick_role.ts";

const PROGRAM = {
  name: "pinion",
  summary: "All of Pinion's programs in one executable",
  version: PINION_VERSION,
  usage: [],
  description: [
    "Plays the role whose name it was started under, by hard or symbolic link or as a copy, or " +
    'the one that its first argument names: "pinion curl_plugin -classad".',
    "install makes hard links, which share the disk space of one executable; or one copy and links " +
    "to it, where the directory is on another file system, or where somebody else than root or the " +
    "directory's owner could change this executable. What it prints can be a file of HTCondor's " +
    "config.d.",
  ],
  options: [],
  commands: [
    { name: "list", summary: "List the roles", usage: [""], options: [] },
    {
      name: "install",
      summary: "Put roles into a directory and print the configuration for them",
      usage: ["-dir DIR [-force] [ROLE...]", "-annex [-root DIR] [-force]"],
      options: [
        { name: "dir", value: "DIR", text: "Directory to put the roles in." },
        {
          name: "annex",
          text: "Put condor-annex-ec2 with its units and settings into an image for EC2 instead; " +
            "nothing is started or enabled.",
        },
        {
          name: "root",
          value: "DIR",
          text: "With -annex, the directory that the image is mounted on; default /.",
        },
        {
          name: "force",
          text: "Replace files that are not Pinion's, and settings that were changed.",
        },
      ],
      operands: { min: 0, max: Infinity },
    },
  ],
  exitStatus: [
    { name: "0", text: "Done." },
    { name: "1", text: "Failed, or wrong usage; a line on standard error says why." },
  ],
  examples: [
    {
      name: "pinion install -dir /usr/libexec/condor/pinion curl_plugin data_plugin",
      text: "As root, on an execution point.",
    },
    {
      name: "pinion install -dir /usr/libexec/condor/pinion condor_manifest cleanup_s3_checkpoint",
      text: "As root, on an access point.",
    },
    {
      name: "pinion install -annex -root /mnt/image",
      text: "As root, into the image that annex instances are to be made of.",
    },
  ],
  seeAlso: ["condor_manifest(1)", "curl_plugin(1)"],
} as const satisfies Program;

/**
 * Makes the role that holds all others.
 *
 * @param roles the roles
 */
export function multiCall(roles: readonly Role[]): Role {
  // Installing needs no more than reading and writing.
  const own = { read: true, write: true } as const;
  const permissions = unionOf([own, ...roles.map((role) => role.permissions)]);
  return {
    program: PROGRAM,
    permissions,
    plugins: roles.flatMap((role) => role.plugins ?? []),
    async main(args) {
      const picked = pickRole(roles, { name: await invokedName(), args });
      revokeRest(permissions, { needed: picked?.role.permissions ?? own });
      return await (picked ? picked.role.main(picked.args) : runOwn(args, roles));
    },
  };
}

async function runOwn(args: readonly string[], roles: readonly Role[]): Promise<number> {
  const parsed = parseOptions(PROGRAM, args);
  if (parsed.kind === "print") return print(parsed.text);
  if (parsed.command === "list") {
    const width = Math.max(0, ...roles.map(({ program }) => program.name.length));
    return print(
      roles.map(({ program }) => `${program.name.padEnd(width)}  ${program.summary}\n`).join(""),
    );
  }
  const { dir, force, annex, root } = parsed.values;
  if (annex) {
    if (dir === undefined && parsed.operands.length === 0) {
      return await installAnnex(roles, { root: resolve(root ?? "/"), force });
    }
    throw new UsageError("pinion install: -annex takes neither -dir nor roles (see -help)");
  }
  if (root !== undefined) {
    throw new UsageError("pinion install: option -root is for -annex (see -help)");
  }
  if (dir === undefined) throw new UsageError("pinion install: option -dir is needed (see -help)");
  const programs = roles.map(({ program }) => program);
  const wanted = parsed.operands.length === 0 ? programs : parsed.operands.map((operand) => {
    const found = programs.find(({ name }) => name === operand);
    if (found) return found;
    throw new UsageError(`pinion install: there is no role "${operand}" (see list)`);
  });
  let executable = Deno.execPath();
  for (const { name } of wanted) {
    const how = await installRole(name, { executable, dir, force });
    // The other roles share one copy's disk space.
    if (how === "copied") executable = join(dir, name);
    print(`# ${how}: ${resolve(dir, name)}\n`);
  }
  return print(condorLines(resolve(dir), wanted));
}

/** Why a file was not written. */
const REASONS: Readonly<Record<string, string>> = {
  kept: " (it was changed: -force replaces it)",
};

async function installAnnex(
  roles: readonly Role[],
  { root, force }: { readonly root: string; readonly force: boolean },
): Promise<number> {
  const system = roles.find(({ program }) => program.name === "condor-annex-ec2")?.system;
  if (system === undefined) {
    throw new Error("Cannot install: condor-annex-ec2 is not among the roles");
  }
  const executable = Deno.execPath();
  for await (const { path, how } of installSystem(system, { executable, root, force })) {
    print(`# ${how}: ${path}${REASONS[how] ?? ""}\n`);
  }
  const enable = root === "/" ? "systemctl enable" : `systemctl --root=${root} enable`;
  return print(system.next.map((line) => `${line.replace("systemctl enable", enable)}\n`).join(""));
}

function print(text: string): 0 {
  const bytes = new TextEncoder().encode(text.endsWith("\n") ? text : `${text}\n`);
  for (let done = 0; done < bytes.length;) done += Deno.stdout.writeSync(bytes.subarray(done));
  return 0;
}
