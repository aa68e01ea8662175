import type { Output } from "@pulumi/pulumi";

/**
 * Renders files that contain secrets. Returns an output for each path.
 *
 * @param placeholder secrets of any value. They are rendered only to find the paths, which do not depend on the secrets
 */
export function secretFiles<Secrets>(
  render: (secrets: Secrets) => Readonly<Record<string, string>>,
  secrets: Output<Secrets>,
  placeholder: Secrets,
): Record<string, Output<string>> {
  const paths = Object.keys(render(placeholder));
  return Object.fromEntries(paths.map((path) => [path, secrets.apply((known) => render(known)[path] ?? "")]));
}
