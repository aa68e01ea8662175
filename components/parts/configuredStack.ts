import * as pulumi from "@pulumi/pulumi";
import { plan } from "../../topology/plan.ts";
import { describeProblem, SettingsError } from "../../topology/settings/problem.ts";
import { parseSettings, type Secrets } from "../../topology/settings/settings.ts";
import type { Topology } from "../../topology/topology.ts";

/** What the configuration of the running stack asks for. */
export interface ConfiguredStack {
  readonly topology: Topology;
  readonly secrets: Secrets;
}

/**
 * Reads and judges the configuration of the stack that is being updated; warnings go to the update's messages.
 *
 * @throws pulumi.RunError with every problem; Pulumi prints it without a stack trace
 */
export function configuredStack(): ConfiguredStack {
  try {
    const project = pulumi.getProject();
    const { settings, secrets, warnings } = parseSettings(pulumi.runtime.allConfig(), project, encryptedKeys());
    const planned = plan(settings);
    for (const warning of [...warnings, ...planned.warnings]) {
      void pulumi.log.warn(describeProblem(warning).trim());
    }
    return { topology: planned.topology, secrets };
  } catch (error) {
    throw error instanceof SettingsError ? new pulumi.RunError(error.message) : error;
  }
}

/** The keys whose values are encrypted in the stack's file; the SDK knows them and has no public way to ask. */
function encryptedKeys(): readonly string[] {
  return JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]") as string[];
}
