/** `http`, `https`, `dav`, `davs` and `NAME+https`: checkpoints on web and WebDAV servers. */
import type { Program } from "../../cli/program.ts";
import { PINION_VERSION } from "../../version.ts";
import { readOwn } from "../plugin_options.ts";
import type { BackEnd } from "../store.ts";

const program = {
  name: "cleanup_http_checkpoint",
  version: PINION_VERSION,
  summary: "remove checkpoints from web and WebDAV servers",
  usage: ["[-prefix PREFIX]"],
  description: [
    "Removes the files of a checkpoint that HTCondor stored by http, https, dav or davs, each by a " +
    "DELETE request for the URL that it was uploaded to. What is not there counts as removed.",
    "Where the server speaks WebDAV, directories without files are removed after the job, too. No " +
    "server can be told to remove a directory only if it is empty, so it is looked at right before; " +
    "a file that comes in between is lost.",
    "The request carries a token, a password or a client certificate. They are looked for in this " +
    "order: the options; the URL itself; the files that the job's ad names (ScitokensFile, " +
    "x509userproxy); the user's own (BEARER_TOKEN, BEARER_TOKEN_FILE, bt_u and the user's number in " +
    "XDG_RUNTIME_DIR and in /tmp; X509_USER_PROXY). They are sent to the URL's own server only, and " +
    "over plain http only when told to. Redirects to another server are not followed.",
  ],
  options: [
    {
      name: "prefix",
      value: "PREFIX",
      text: "Refuse checkpoints whose URL does not begin with PREFIX; use \\0 in the map.",
    },
    {
      name: "token-file",
      value: "FILE",
      text:
        "Send the token in FILE: the token itself, or JSON with access_token. In FILE, ~ is the " +
        "user's home, %u the user's name, and %n what stands before the + of the URL's scheme, " +
        "with _ for each dot.",
    },
    { name: "netrc", text: "Send the password that ~/.netrc has for the server." },
    {
      name: "netrc-file",
      value: "FILE",
      text: "Send the password that FILE has for the server; ~ and %u as above.",
    },
    {
      name: "client-cert",
      value: "FILE",
      text: "Show the certificate in FILE, which also holds its key; ~ and %u as above.",
    },
    {
      name: "token-over-http",
      text: "Send tokens and passwords also where the URL is http or dav, for anybody to read.",
    },
    {
      name: "webdav",
      text:
        "The server speaks WebDAV also where the URL is http or https: what failed uploads left " +
        "behind can be found, and empty directories are removed.",
    },
    {
      name: "collection",
      text: "As -webdav, and remove a checkpoint by one request where all of it goes.",
    },
  ],
  environment: [
    {
      name: "BEARER_TOKEN, BEARER_TOKEN_FILE, XDG_RUNTIME_DIR",
      text: "Where the user's token is (WLCG Bearer Token Discovery).",
    },
    { name: "X509_USER_PROXY", text: "The user's proxy certificate." },
    {
      name: "X509_CERT_DIR, SSL_CERT_FILE, SSL_CERT_DIR, CURL_CA_BUNDLE",
      text: "Certificate authorities, in this order, before the system's.",
    },
    { name: "http_proxy, https_proxy, all_proxy, no_proxy", text: "Proxies, by libcurl's rules." },
  ],
  files: [
    { name: "~/.netrc", text: "Passwords, with -netrc." },
    { name: "/tmp/bt_u<uid>, $XDG_RUNTIME_DIR/bt_u<uid>", text: "The user's token." },
  ],
  exitStatus: [],
  examples: [
    {
      name: "*   https://dav.example.org/ckpt/   cleanup_http_checkpoint," +
        "-prefix,\\0,-token-file,~/.tokens/ckpt,-collection",
      text: "A line of the map: a WebDAV server that takes a token.",
    },
    {
      name: "*   davs://dav.example.org/   cleanup_http_checkpoint,-prefix,\\0",
      text: "One for a server that takes the proxy or token that each job's ad names.",
    },
  ],
  seeAlso: ["condor_manifest(1)"],
} as const satisfies Program;

/**
 * Removes by DELETE.
 *
 * The queue is not asked for a job's ad: the shadow starts a plug-in for each single file. What it
 * cannot remove for want of the ad is tried again with it, when the job has left.
 */
export const httpBackEnd: BackEnd = {
  program,
  permissions: { read: true, net: true, env: true, sys: ["uid"] },
  async open(args, context) {
    const values = readOwn(program, args);
    const { openHttpStore } = await import("./http_store.ts");
    return openHttpStore({
      prefix: values.prefix,
      collection: values.collection,
      webdav: values.webdav,
      credentials: {
        tokenFile: values["token-file"],
        netrc: values["netrc-file"] ?? (values.netrc ? "~/.netrc" : undefined),
        clientCert: values["client-cert"],
        overHttp: values["token-over-http"],
      },
      context,
      uid: Deno.uid() ?? -1,
      userAgent: `${program.name}/${PINION_VERSION}`,
    });
  },
};
