import * as pulumi from "@pulumi/pulumi";
import { plan } from "../../../topology/plan.ts";
import { type SettingsInput, validateSettings } from "../../../topology/settings/settings.ts";
import type { Topology } from "../../../topology/topology.ts";
import { secret } from "./program.ts";

/** The plan of a small set with all its parts: a master, two replicas, three Sentinels, a gateway, exporter and Redis Commander. */
export function sampleSet(settings: SettingsInput = {}): Topology {
  const sample: SettingsInput = { name: "sample", size: "dev", docker: { subnet: "10.41.0.0/24" } };
  return plan(validateSettings({ ...sample, ...settings })).topology;
}

export const password = "correct-horse-battery-staple";

/** The password as components take it; an output belongs to the run of the program that made it. */
export function secretPassword(): pulumi.Output<string> {
  return pulumi.secret(password);
}

/** Files as they reach a host when each of them is a secret. */
export function secretly(files: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(files).map(([path, content]) => [path, secret(content)]));
}
