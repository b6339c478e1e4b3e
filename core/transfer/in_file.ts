/**
 * The file that names what is to be moved: a stream of new-format ads.
 *
 * An ad with both `Url` and `LocalFileName` asks for one file. Any other ad carries data for the
 * ads after it: `PluginData`, or `Protocol` with `<method>_PluginData` (protocol version 4). Older
 * HTCondor copies that data into each file's ad instead; both are read, the file's own last. What
 * stands in a file's ad beside its URL ranks highest.
 */
import { type ClassAd, ClassAdError, isWellFormedText, parseAds } from "../classad/mod.ts";
import { TransferFailure } from "../errors.ts";
import type { TransferOptions } from "./options.ts";
import { overrideOptions } from "./plugin_data.ts";
import { methodOf } from "./url.ts";

/** One file to be moved. */
export interface FileRequest {
  readonly url: string;
  readonly localFileName: string;
  /** The method in lower case, or an empty string when the URL has none. */
  readonly method: string;
  readonly options: TransferOptions;
  /** Why the file cannot even be tried. */
  readonly refusal: TransferFailure | undefined;
}

/** The content of an input file. */
export interface InFile {
  readonly requests: readonly FileRequest[];
  /** Why reading ended before the end of the file. */
  readonly malformed: TransferFailure | undefined;
}

/** Parameter failures have no libcurl number of their own but this: CURLE_FAILED_INIT. */
const FAILED_INIT = 2;

/**
 * Reads an input file.
 *
 * @param content its bytes
 * @param defaults the options that hold where the ads set none
 */
export function readInFile(content: Uint8Array, defaults: TransferOptions): InFile {
  const requests: FileRequest[] = [];
  const inherited = new PluginData(defaults);
  try {
    for (const ad of parseAds(content)) {
      const url = ad.getString("Url");
      const localFileName = ad.getString("LocalFileName");
      if (url === undefined || localFileName === undefined) {
        inherited.read(ad);
      } else {
        requests.push(request(ad, { url, localFileName, inherited }));
      }
    }
  } catch (error) {
    if (!(error instanceof ClassAdError)) throw error;
    return { requests, malformed: parameterFailure(`Cannot read the input ads: ${error.message}`) };
  }
  return { requests, malformed: undefined };
}

function request(
  ad: ClassAd,
  { url, localFileName, inherited }: { url: string; localFileName: string; inherited: PluginData },
): FileRequest {
  const method = methodOf(url) ?? "";
  const base = { url, localFileName, method };
  try {
    if (!isWellFormedText(localFileName)) throw parameterFailure("File name is not valid UTF-8");
    const options = overrideOptions(inherited.optionsFor(method), dataOf(ad, method));
    return { ...base, options, refusal: undefined };
  } catch (error) {
    if (!(error instanceof TransferFailure)) throw error;
    return { ...base, options: inherited.defaults, refusal: error };
  }
}

function dataOf(ad: ClassAd, method: string): readonly ClassAd[] {
  if (ad.size <= 2) return []; // nothing but the URL and the name
  return [
    ad.getAd("PluginData"),
    method === "" ? undefined : ad.getAd(`${method}_PluginData`),
    ad,
  ].filter((data) => data !== undefined);
}

/** The plug-in data that hold for the ads to come, with the options already made of them. */
class PluginData {
  readonly defaults: TransferOptions;
  #general: ClassAd | undefined;
  readonly #byMethod = new Map<string, ClassAd>();
  readonly #made = new Map<string, TransferOptions>();

  constructor(defaults: TransferOptions) {
    this.defaults = defaults;
  }

  read(ad: ClassAd): void {
    this.#made.clear();
    this.#general = ad.getAd("PluginData") ?? this.#general;
    for (const name of ad.names()) {
      const method = /^(\w+)_PluginData$/i.exec(name)?.[1];
      const data = method === undefined ? undefined : ad.getAd(name);
      if (method !== undefined && data !== undefined) {
        this.#byMethod.set(method.toLowerCase(), data);
      }
    }
  }

  optionsFor(method: string): TransferOptions {
    const made = this.#made.get(method);
    if (made !== undefined) return made;
    const data = [this.#general, this.#byMethod.get(method)].filter((ad) => ad !== undefined);
    const options = overrideOptions(this.defaults, data);
    this.#made.set(method, options);
    return options;
  }
}

/** A request that is wrong in itself. */
export function parameterFailure(message: string): TransferFailure {
  return new TransferFailure("Parameter", message, { errorCode: FAILED_INIT, retryable: -1 });
}
