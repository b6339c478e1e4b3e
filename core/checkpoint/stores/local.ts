/** `cleanup_locally_mounted_checkpoint`: destinations whose file system is mounted here. */
import { tokensOf } from "../../cli/parse.ts";
import { UsageError } from "../../errors.ts";
import { PINION_VERSION } from "../../version.ts";
import { readOwn } from "../plugin_options.ts";
import type { BackEnd } from "../store.ts";
import { LocalStore } from "./local_store.ts";

const PROGRAM = {
  name: "cleanup_locally_mounted_checkpoint",
  summary: "remove checkpoints from a file system that is mounted here",
  version: PINION_VERSION,
  usage: ["-prefix PREFIX -path DIR"],
  description: [
    "Removes a file of a self-checkpointing job from a destination whose file system is mounted on " +
    "the access point. Directories that HTCondor made for the checkpoint go as they become empty.",
    "Below the job's own directory no symbolic link is followed, and no name leads out of the " +
    "checkpoint. DIR itself, and what is between it and the job's directory, is the site's matter.",
    "A file system that is not mounted looks like one where everything is gone: with -require-mount " +
    "or -sentinel the two are told apart, and nothing is lost track of.",
  ],
  options: [
    {
      name: "prefix",
      value: "PREFIX",
      text:
        "What the URLs of such checkpoints begin with; in the map, \\0 stands for it. It ends at " +
        "a slash, written or not.",
    },
    {
      name: "path",
      value: "DIR",
      text: "Directory that PREFIX stands for. Has to follow -prefix.",
    },
    {
      name: "require-mount",
      text: "Do nothing, with exit status 4, unless DIR is a mount point.",
    },
    {
      name: "sentinel",
      value: "NAME",
      text: "Do nothing, with exit status 4, unless a file NAME is in DIR.",
    },
  ],
  exitStatus: [],
  examples: [
    {
      name: "* osdf:///example.vo/ cleanup_locally_mounted_checkpoint,-prefix,\\0,-path,/ceph/vo",
      text: "A line of the checkpoint destination map file.",
    },
    {
      name: "* file:///shared/ cleanup_locally_mounted_checkpoint,-prefix,\\0,-path,/shared",
      text: "A file system that is mounted at the same place on all machines.",
    },
  ],
  seeAlso: ["condor_manifest(1)"],
} as const;

/** The back-end. */
export const localBackEnd: BackEnd = {
  program: PROGRAM,
  permissions: { read: true, ffi: true },
  open(args, { verbose, parallel }) {
    const { prefix, path, sentinel, "require-mount": requireMount } = readOwn(PROGRAM, args);
    const wrong = (text: string) => new UsageError(`${PROGRAM.name}: ${text} (see -help)`);
    if (!prefix) throw wrong("option -prefix is needed");
    if (!path?.startsWith("/")) throw wrong("option -path is needed, with an absolute path");
    // HTCondor's own plug-in refuses this order, and map files are written for both.
    const order = tokensOf(PROGRAM.options, args).map(({ spec }) => spec?.name);
    if (order.indexOf("path") < order.indexOf("prefix")) {
      throw wrong("option -path has to follow -prefix");
    }
    if (sentinel === "") throw wrong("option -sentinel needs a name");
    return Promise.resolve(
      new LocalStore({ prefix, path, sentinel, requireMount, verbose, parallel }),
    );
  },
};
