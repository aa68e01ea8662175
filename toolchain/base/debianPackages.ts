import { existsSync } from "node:fs";
import { runQuietly } from "./childProcess.mjs";
import { withLock } from "./lock.mjs";
import { findOnPath } from "./searchPath.ts";
import { SetupError } from "./setupError.mjs";
import { add } from "./steps.mjs";

export interface DebianPackage {
  /** The package's name, such as `redis-tools`. */
  readonly package: string;
  /** A command the package brings; when it is on PATH, however it came there, the package is not installed. */
  readonly command: string;
  /** What it is needed for, such as "the tests of the start scripts run real Redis". */
  readonly why: string;
}

/**
 * Installs what is missing by apt-get.
 *
 * @throws SetupError something is missing and this is not root on Debian or Ubuntu, or apt-get fails
 */
export async function ensureDebianPackages(
  wanted: readonly DebianPackage[],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const missing = wanted.filter(({ command }) => findOnPath(command, environment) === undefined);
  if (missing.length === 0) {
    return;
  }
  const names = missing.map((entry) => entry.package);
  const reasons = missing.map(({ command, why }) => `${command} is missing (${why})`).join(", ");
  const commandLine = `apt-get install --no-install-recommends ${names.join(" ")}`;
  if (!canInstallPackages(environment)) {
    throw new SetupError(reasons, `install it; as root on Debian or Ubuntu: ${commandLine}`);
  }
  await withLock("apt-get", `installing ${names.join(", ")}`, () =>
    add(`${names.join(", ")} (Debian packages)`, reasons, () => install(names, environment)),
  );
}

/** Whether this is root on Debian or one of its descendants. */
export function canInstallPackages(environment: NodeJS.ProcessEnv): boolean {
  return (
    process.getuid?.() === 0 && existsSync("/etc/debian_version") && findOnPath("apt-get", environment) !== undefined
  );
}

async function install(names: readonly string[], given: NodeJS.ProcessEnv): Promise<void> {
  const environment = { ...given, DEBIAN_FRONTEND: "noninteractive" };
  // Another apt-get, such as the unattended upgrades', may be at work: wait for it instead of failing.
  const patience = ["-o", "DPkg::Lock::Timeout=120"];
  await runQuietly("apt-get", [...patience, "update"], { environment });
  await runQuietly("apt-get", [...patience, "install", "-y", "--no-install-recommends", ...names], { environment });
}
