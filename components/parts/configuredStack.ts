import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { misreadNumbers } from "../../topology/settings/misreadNumbers.ts";
import { parseSettings, type Secrets } from "../../topology/settings/settings.ts";
import type { Topology } from "../../topology/topology.ts";
import { plannedTopology } from "./plannedTopology.ts";

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
  return plannedTopology(() => {
    const project = pulumi.getProject();
    const raw = pulumi.runtime.allConfig();
    return parseSettings(raw, project, encryptedKeys(), misreadNumbers(stackFile(), raw, project));
  });
}

/** The keys whose values are encrypted in the stack's file; the SDK knows them and has no public way to ask. */
function encryptedKeys(): readonly string[] {
  return JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]") as string[];
}

/** The text of the stack's own file beside Pulumi.yaml; empty where the configuration comes from elsewhere. */
function stackFile(): string {
  const file = join(process.cwd(), `Pulumi.${pulumi.getStack()}.yaml`);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
