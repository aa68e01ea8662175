import { existsSync } from "node:fs";
import { runQuietly } from "./childProcess.mjs";
import { withLock } from "./lock.mjs";
import { findOnPath } from "./searchPath.ts";
import { SetupError } from "./setupError.mjs";
import { add } from "./steps.mjs";

export interface DebianPackage {
  /** The name of the package, such as `redis-tools`. */
  readonly package: string;
  /** A command that the package contains. If PATH already has the command, the package is not installed. */
  readonly command: string;
  /** Why the package is needed, such as "the tests of the start scripts run real Redis". */
  readonly why: string;
}

/**
 * Installs the missing packages with apt-get.
 *
 * @throws SetupError if packages are missing and this process cannot install them: it is not root, or the system is not
 *   Debian or Ubuntu
 * @throws ProgramFailedError if apt-get fails
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
    throw new SetupError(reasons, `install the missing programs; as root on Debian or Ubuntu: ${commandLine}`);
  }
  await withLock("apt-get", `installing ${names.join(", ")}`, () =>
    add(`${names.join(", ")} (Debian packages)`, reasons, () => install(names, environment)),
  );
}

/** True if this process runs as root on Debian or on a distribution derived from Debian. */
export function canInstallPackages(environment: NodeJS.ProcessEnv): boolean {
  return (
    process.getuid?.() === 0 && existsSync("/etc/debian_version") && findOnPath("apt-get", environment) !== undefined
  );
}

async function install(names: readonly string[], given: NodeJS.ProcessEnv): Promise<void> {
  const environment = { ...given, DEBIAN_FRONTEND: "noninteractive" };
  // Another apt-get, such as an unattended upgrade, may hold the lock. Wait for the lock instead of failing.
  const waitForLock = ["-o", "DPkg::Lock::Timeout=120"];
  await runQuietly("apt-get", [...waitForLock, "update"], { environment });
  await runQuietly("apt-get", [...waitForLock, "install", "-y", "--no-install-recommends", ...names], { environment });
}
