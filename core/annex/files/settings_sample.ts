/** `annex-ec2.conf`: this program's own settings, all of them with what holds without the file. */

import { SETTINGS } from "../settings.ts";

/** Its text, made from the table of settings. */
export function settingsSample(): string {
  const lines = Object.entries(SETTINGS).flatMap(([name, { text, form, initial }]) => [
    "",
    `# optional: ${text}`,
    `# ${form.includes(", ") ? "One of:" : "A value is"} ${form}.`,
    `#${name} = ${String(initial)}`.trimEnd(),
  ]);
  return [
    "# Settings of condor-annex-ec2: name = value. The file must be root's, and writable by nobody",
    "# else; it counts at the next boot.",
    ...lines,
    "",
  ].join("\n");
}
