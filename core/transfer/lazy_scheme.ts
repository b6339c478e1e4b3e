/**
 * Schemes whose code is loaded when their first file comes: every job pays for the start of a
 * plug-in, and few use all of its methods.
 */
import type { Scheme } from "./scheme.ts";

/**
 * A scheme that downloads and uploads, loaded when it is first used.
 *
 * @param methods its methods
 * @param load gives the scheme; asked once
 */
export function lazyScheme(methods: readonly string[], load: () => Promise<Scheme>): Scheme {
  let loaded: Promise<Scheme> | undefined;
  const scheme = () => loaded ??= load();
  return {
    methods,
    download: async (url, path, ctx) => await (await scheme()).download!(url, path, ctx),
    upload: async (path, url, ctx) => await (await scheme()).upload!(path, url, ctx),
    close: () => void loaded?.then((scheme) => scheme.close?.()),
  };
}
