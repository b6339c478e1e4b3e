/**
 * The stand-in for the metadata service as a process of its own, for other network namespaces:
 *
 *     deno run -A tests/servers/imds_main.ts CONFIG [ADDRESS:PORT ...]
 *
 * CONFIG is a JSON file with `version`, `tokenTtl`, `isOff`, and `instance` or `items`; it is read
 * anew for each request. `ready` on standard output says that all addresses are listened on.
 */
import { type ImdsInstance, imdsItems, type ImdsPlan, startImds } from "./imds.ts";

type Config = Omit<ImdsPlan, "items"> & {
  readonly items?: Record<string, string>;
  readonly instance?: ImdsInstance;
};

const [file, ...places] = Deno.args;
if (file === undefined) throw new TypeError("Cannot start: no configuration is named");

function read(): ImdsPlan {
  const { instance, items, ...rest } = JSON.parse(Deno.readTextFileSync(file!)) as Config;
  return { ...rest, items: items ?? imdsItems(instance) };
}

for (const place of places.length > 0 ? places : ["169.254.169.254:80", "[fd00:ec2::254]:80"]) {
  const [, hostname, port] = /^\[?(.*?)\]?:(\d+)$/.exec(place) ?? [];
  if (hostname === undefined) throw new TypeError(`Cannot listen on "${place}": no port in it`);
  const imds = startImds({ ...read(), hostname, port: Number(port) });
  imds.plan.interfere = () => {
    const next = read();
    Object.assign(imds.plan, { version: "optional", isOff: false, ...next });
    return undefined;
  };
}
await Deno.stdout.write(new TextEncoder().encode("ready\n"));
