/** `condor-annex-ec2` as its help, man page and completion have it. */
import type { Entry, OptionSpec, Program } from "../cli/program.ts";
import { PINION_VERSION } from "../version.ts";
import { CONDOR_DIR, INSTANCE_CONFIG } from "./paths.ts";
import { SETTINGS } from "./settings.ts";

const JSON_OPTION = { name: "json", text: "Print a JSON object." } as const satisfies OptionSpec;

/** What HTCondor's own script answers with exit status 3. */
export const UNSUPPORTED: readonly string[] = [
  "stop",
  "restart",
  "try-restart",
  "condrestart",
  "reload",
  "force-reload",
];

/** The program. */
export const CONDOR_ANNEX_EC2 = {
  name: "condor-annex-ec2",
  summary: "Make an instance of EC2 part of an HTCondor annex when it starts",
  version: PINION_VERSION,
  usage: [],
  description: [
    "Takes the place of HTCondor's own script of this name, which a unit of systemd starts before " +
    "HTCondor. It keeps all users but root from the metadata service, finds out which annex the " +
    "instance was started for, fetches the annex's archive from S3 with the instance's role, and " +
    "installs it below /etc/condor. It needs no other software but nft or iptables.",
    "The annex's name is what is left of the last underscore of the instance's client token, else " +
    "the tag htcondor:AnnexName, else the client token of its Spot Fleet or EC2 Fleet. The bucket " +
    "is taken from the role's policies: the archive is config-<name>.tar.gz where a policy allows " +
    "s3:GetObject for config-*.tar.gz.",
    "What has not come after 50 minutes will not come: an instance that something says is an " +
    "annex's is then switched off, if it was being started by the system's own units.",
    "On later starts what is installed stays, unless there is a newer archive. A disk image made " +
    "from an annex's instance is cleaned first of what was the other instance's.",
    "Proxies in the environment are used for the services of AWS, and never for the metadata " +
    "service. Do not install this on a machine that is no image for EC2.",
  ],
  options: [
    {
      name: "boot",
      text: "Started by the system's own units: endpoints and roots in the environment are " +
        "ignored, and the machine may be switched off.",
    },
  ],
  commands: [
    { name: "start", summary: "Configure the instance", usage: ["[-boot]"], options: [] },
    {
      name: "is-ec2",
      summary: "Say by the exit status whether this is an instance of EC2; asks no network",
      usage: [""],
      options: [],
    },
    {
      name: "firewall",
      summary: "Keep all but root from the metadata service, and try whether it works",
      usage: ["[-boot]"],
      options: [],
    },
    {
      name: "check",
      summary: "Try everything that start does but writing, and report each step",
      usage: ["[-json]"],
      options: [JSON_OPTION],
    },
    {
      name: "status",
      summary: "Print what the last start installed",
      usage: ["[-json]"],
      options: [JSON_OPTION],
    },
    {
      name: "spot-watch",
      summary: "Vacate the jobs when EC2 announces an interruption; look after the firewall",
      usage: ["[-boot]"],
      options: [],
    },
    {
      name: "master-shutdown",
      summary: "Switch the machine off when HTCondor's master has left for lack of work",
      usage: [""],
      options: [],
    },
    {
      name: "print-file",
      summary: "Print a file of the set-up, or the names of all",
      usage: ["[NAME]"],
      options: [],
      operands: { min: 0, max: 1 },
    },
  ],
  configuration: Object.entries(SETTINGS).map(([name, { text, form, initial }]): Entry => ({
    name,
    text: `${text} Takes ${form}; default ${String(initial) || "empty"}.`,
  })),
  files: [
    {
      name: "/etc/condor/annex-ec2.conf",
      text: "The settings: lines of name = value. Must be root's, and writable by nobody else.",
    },
    {
      name: INSTANCE_CONFIG,
      text: "What is known of the instance: EC2InstanceID, EC2PublicIP and more; written anew at " +
        "each start.",
    },
    { name: `${CONDOR_DIR}/config.d/50ec2.config`, text: "How HTCondor works on an instance." },
    { name: "/etc/condor/master_shutdown_script.sh", text: "What HTCondor's master ends with." },
    {
      name: "/var/lib/condor-annex/state.json",
      text: "What was installed, and from where; only root can read it.",
    },
    {
      name: "/run/condor-annex.hold",
      text: "While it is there, the machine is not switched off when HTCondor's master leaves.",
    },
    { name: "/run/condor-annex.interrupt", text: "The interruption that EC2 announced." },
  ],
  environment: [
    {
      name: "http_proxy, https_proxy, all_proxy, no_proxy",
      text: "Proxies for the services of AWS.",
    },
    {
      name: "AWS_EC2_METADATA_SERVICE_ENDPOINT, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_EC2, " +
        "AWS_ENDPOINT_URL_IAM, AWS_ENDPOINT_URL_S3",
      text: "Other places of the services, for tests; ignored with -boot.",
    },
    { name: "ANNEX_ROOT", text: "Comes before all paths, for tests; ignored with -boot." },
  ],
  exitStatus: [
    { name: "0", text: "Done; of is-ec2: it is one; of status: all is as it was installed." },
    { name: "1", text: "Failed, or the answer is no." },
    { name: "2", text: "Wrong usage." },
    { name: "3", text: `One of ${UNSUPPORTED.join(", ")}, which do nothing.` },
  ],
  examples: [
    { name: "condor-annex-ec2 check", text: "Which step of a start fails, and why." },
    { name: "condor-annex-ec2 status -json", text: "What is installed, for programs." },
    {
      name: "touch /run/condor-annex.hold && systemctl stop condor",
      text: "Stop HTCondor without switching the machine off.",
    },
  ],
  seeAlso: ["condor_annex(1)", "condor_master(1)", "nft(8)"],
} as const satisfies Program;
