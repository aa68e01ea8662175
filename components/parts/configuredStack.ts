import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { misreadNumbers } from "../../topology/settings/misreadNumbers.ts";
import { parseSettings, type Secrets } from "../../topology/settings/settings.ts";
import type { Topology } from "../../topology/topology.ts";
import { plannedTopology } from "./plannedTopology.ts";

/** The plan and the secrets of the current stack. */
export interface ConfiguredStack {
  readonly topology: Topology;
  readonly secrets: Secrets;
}

/**
 * Reads and validates the configuration of the current stack. Warnings are printed with the update's messages.
 *
 * @throws pulumi.RunError with all problems. Pulumi prints it without a stack trace
 */
export function configuredStack(): ConfiguredStack {
  return plannedTopology(() => {
    const project = pulumi.getProject();
    const raw = pulumi.runtime.allConfig();
    return parseSettings(raw, project, encryptedKeys(), misreadNumbers(stackFile(), raw, project));
  });
}

/** The keys whose values are encrypted in the stack's file. The SDK has no public function that returns them. */
function encryptedKeys(): readonly string[] {
  return JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]") as string[];
}

/** The text of the stack's file next to Pulumi.yaml. Empty if the configuration does not come from a file. */
function stackFile(): string {
  const file = join(process.cwd(), `Pulumi.${pulumi.getStack()}.yaml`);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
