/**
 * `curl_plugin`: http, https, ftp, file, dav and davs, in place of HTCondor's own.
 */
import { startRole } from "../core/cli/start.ts";
import type { Role } from "../core/cli/program.ts";
import { trustedRoots } from "../core/http/mod.ts";
import { lazyScheme } from "../core/transfer/lazy_scheme.ts";
import { transferPlugin } from "../core/transfer/plugin.ts";
import { FileScheme } from "../core/transfer/schemes/file.ts";
import { httpScheme } from "../core/transfer/schemes/http.ts";

export const role: Role = transferPlugin({
  name: "curl_plugin",
  version: "0.2",
  summary: "move job files by http, https, ftp, file, dav and davs",
  methods: ["http", "https", "ftp", "file", "dav", "davs"],
  schemes: (host) => [
    httpScheme(host),
    lazyScheme(["ftp"], async () => {
      const { FtpScheme } = await import("../core/transfer/schemes/ftp.ts");
      const authorities = async () => (await trustedRoots(host.env)).certificates;
      return new FtpScheme({ authorities, hostname: host.hostname });
    }),
    new FileScheme(),
  ],
  permissions: { net: true },
  environment: [
    {
      name: "http_proxy, https_proxy, ftp_proxy, all_proxy, no_proxy",
      text: "Proxies, by libcurl's rules.",
    },
    { name: "CURL_IGNORE_HTTP_PROXY", text: "A number above 0: forget http_proxy." },
    {
      name: "X509_CERT_DIR, SSL_CERT_FILE, SSL_CERT_DIR, CURL_CA_BUNDLE",
      text: "Certificate authorities, in this order, before the system's.",
    },
    { name: "X509_USER_PROXY", text: "The job's delegated proxy, for ClientCert x509." },
    { name: "_CONDOR_CREDS", text: "Directory of the job's tokens." },
  ],
});

if (import.meta.main) await startRole(role);
