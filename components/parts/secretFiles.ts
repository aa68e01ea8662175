import type { Output } from "@pulumi/pulumi";

/**
 * Renders files that contain secrets as outputs, one for each path.
 *
 * @param placeholder secrets of any value. The paths do not depend on the secrets, so the placeholder is used to find
 *   them
 */
export function secretFiles<Secrets>(
  render: (secrets: Secrets) => Readonly<Record<string, string>>,
  secrets: Output<Secrets>,
  placeholder: Secrets,
): Record<string, Output<string>> {
  const paths = Object.keys(render(placeholder));
  return Object.fromEntries(paths.map((path) => [path, secrets.apply((known) => render(known)[path] ?? "")]));
}
