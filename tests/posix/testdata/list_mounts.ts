/** Prints which directories in a directory are mount points, as both ways to tell have it. */
import { isListedMountPoint } from "../../../core/posix/mounts.ts";
import { isMountPoint } from "../../../core/posix/mod.ts";

const [folder] = Deno.args;
const names = [...Deno.readDirSync(folder!)].map(({ name }) => name);
const found = [...names, "hidden/inner", "part/sub"].toSorted().map((name) => {
  const path = `${folder}/${name}`;
  return [name, [isMountPoint(path), isListedMountPoint(path)]];
});
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(Object.fromEntries(found))));
