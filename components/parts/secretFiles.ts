import type { Output } from "@pulumi/pulumi";

/**
 * Turns files with secrets in them into secret outputs, one for each path. The paths do not depend on the secrets, so
 * any stand-in shows them.
 */
export function secretFiles<Secrets>(
  render: (secrets: Secrets) => Readonly<Record<string, string>>,
  secrets: Output<Secrets>,
  standIn: Secrets,
): Record<string, Output<string>> {
  const paths = Object.keys(render(standIn));
  return Object.fromEntries(paths.map((path) => [path, secrets.apply((known) => render(known)[path] ?? "")]));
}
