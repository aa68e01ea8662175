import type { Output } from "@pulumi/pulumi";

/**
 * Turns files with the password in them into secret outputs, one for each path. The paths do not depend on the
 * password, so any word shows them.
 */
export function secretFiles(
  render: (password: string) => Readonly<Record<string, string>>,
  password: Output<string>,
): Record<string, Output<string>> {
  const paths = Object.keys(render("any"));
  return Object.fromEntries(paths.map((path) => [path, password.apply((secret) => render(secret)[path] ?? "")]));
}
