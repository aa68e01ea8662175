import * as pulumi from "@pulumi/pulumi";
import { plan } from "../../topology/plan.ts";
import { describeProblem, type Problem, SettingsError } from "../../topology/settings/problem.ts";
import type { Settings } from "../../topology/settings/settings.ts";
import type { Topology } from "../../topology/topology.ts";

/** Settings that were read, and the warnings of the reader. */
export interface SettingsRead {
  readonly settings: Settings;
  /** @default none */
  readonly warnings?: readonly Problem[];
}

/**
 * Reads settings and plans the set. Warnings are printed with the update's messages.
 *
 * @throws pulumi.RunError with all problems. Pulumi prints it without a stack trace
 */
export function plannedTopology<Read extends SettingsRead>(
  read: () => Read,
): Omit<Read, keyof SettingsRead> & { readonly topology: Topology } {
  try {
    const { settings, warnings = [], ...rest } = read();
    const planned = plan(settings);
    for (const warning of [...warnings, ...planned.warnings]) {
      void pulumi.log.warn(describeProblem(warning).trim());
    }
    return { ...rest, topology: planned.topology };
  } catch (error) {
    throw error instanceof SettingsError ? new pulumi.RunError(error.message) : error;
  }
}
