/**
 * `data://[mediatype][;parameters][;base64],PAYLOAD/NAME`: a file inside its own URL.
 *
 * RFC 2397 in HTCondor's dress: `://` makes it a URL, and the text after the last `/` only gives
 * the local file its name. Without a `/` after the comma all of it is payload.
 */
import { TransferFailure } from "../../errors.ts";
import { percentDecode } from "../../http/percent.ts";
import { decodeBase64 } from "../base64.ts";
import { localFailure } from "../local_failure.ts";
import type { DownloadContext, Scheme, UploadContext } from "../scheme.ts";
import { parseTransferUrl } from "../url.ts";

/** Most characters of a `data` URL that a message may quote. */
const QUOTED = 40;

/** The `data` method: downloads only. */
export class DataScheme implements Scheme {
  readonly methods = ["data"];

  download(url: string, path: string, ctx: DownloadContext): Promise<void> {
    return Promise.resolve().then(() => {
      ctx.signal.throwIfAborted();
      const bytes = decodeDataUrl(url);
      ctx.connected();
      try {
        ctx.part.write(bytes);
      } catch (error) {
        throw localFailure(error, { path, doing: "writing" });
      }
      ctx.moved(bytes.length);
    });
  }

  upload(_path: string, url: string, _ctx: UploadContext): Promise<void> {
    return Promise.reject(
      new TransferFailure("Parameter", `Cannot upload to ${quote(url)}: data is read-only`, {
        errorCode: 1,
        retryable: -1,
      }),
    );
  }
}

/**
 * The bytes that a `data` URL holds.
 *
 * @throws {TransferFailure} Parameter, when it cannot be decoded
 */
export function decodeDataUrl(url: string): Uint8Array<ArrayBuffer> {
  const { rest } = parseTransferUrl(url);
  // HTCondor splits lists of input files at every comma, so a job has to write "%2C".
  const comma = /,/.exec(rest) ?? /%2C/i.exec(rest);
  if (comma === null) throw malformed(url, "it has no comma");
  const start = comma.index + comma[0].length;
  const slash = rest.lastIndexOf("/");
  const payload = slash >= start ? rest.slice(start, slash) : rest.slice(start);
  const stray = /%(?![0-9A-Fa-f]{2})/.exec(payload);
  if (stray) {
    throw malformed(url, `character ${stray.index + 1} of the payload starts no percent escape`);
  }
  if (!/;[ \t]*base64[ \t]*$/i.test(rest.slice(0, comma.index))) return percentDecode(payload);
  const bytes = decodeBase64(new TextDecoder().decode(percentDecode(payload)));
  if (bytes === undefined) throw malformed(url, "the payload is not base64");
  return bytes;
}

function malformed(url: string, reason: string): TransferFailure {
  return new TransferFailure("Parameter", `Cannot decode ${quote(url)}: ${reason}`, {
    errorCode: 3,
    retryable: -1,
  });
}

function quote(url: string): string {
  const text = url.length > QUOTED ? `${url.slice(0, QUOTED - 1)}…` : url;
  // deno-lint-ignore no-control-regex
  return `"${text.replace(/[\x00-\x1f\x7f]/g, " ")}"`;
}
