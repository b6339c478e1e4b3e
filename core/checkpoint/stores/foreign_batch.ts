/** Removing files with one start of a plug-in that takes a list of them. */
import type { Batch, RemoveOptions } from "../store.ts";
import { AnswerReader } from "./foreign_answers.ts";
import { pluginArgv } from "./foreign_command.ts";
import { ListedFiles } from "./foreign_listed.ts";
import { BoundedOutput } from "./foreign_output.ts";
import type { Plugin } from "./foreign_plugin.ts";

/** Files that may take as long together as one alone: what starting a plug-in takes is saved. */
const FILES_PER_TIMEOUT = 100;

/**
 * Removes the files of a batch. The plug-in has as many time-outs as there are hundreds of them.
 *
 * @throws {CleanupFailure} when the plug-in is not started
 */
export async function removeByList(
  plugin: Plugin,
  { batch, signal, done }: RemoveOptions & { readonly batch: Batch },
): Promise<void> {
  if (signal.aborted) return;
  const files = new ListedFiles(batch, done);
  const { contents, count } = files.list();
  if (count === 0) return;
  const { temporaryDirectory: dir } = plugin.options;
  const directory = await Deno.makeTempDir({
    prefix: "checkpoint-cleanup-",
    ...(dir === undefined ? {} : { dir }),
  });
  try {
    const list = `${directory}/names`;
    await Deno.writeFile(list, contents, { mode: 0o600, createNew: true });
    const timeout = plugin.options.timeout * Math.ceil(count / FILES_PER_TIMEOUT);
    const argv = pluginArgv(plugin.options, {
      base: batch.base,
      ignoreMissing: batch.ignoreMissing,
      option: "-delete-list",
      value: list,
    });
    const noise = new BoundedOutput();
    const answers = new AnswerReader({
      answer: (answer) => files.answer(answer),
      broken: () => files.broken(),
      noise: (line) => noise.add(line),
    });
    const end = await plugin.run({
      argv,
      timeout,
      signal,
      stdout: (bytes) => answers.add(bytes),
    });
    answers.end();
    files.finish({ argv, end, timeout, noise: noise.text() });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
