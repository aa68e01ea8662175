import * as pulumi from "@pulumi/pulumi";
import { plan } from "../../../topology/plan.ts";
import { type SettingsInput, validateSettings } from "../../../topology/settings/settings.ts";
import type { Topology } from "../../../topology/topology.ts";
import { secret } from "./program.ts";

/**
 * The plan of a small set with all its parts: a master, two replicas, three Sentinels, a gateway, exporter and Redis
 * Commander.
 */
export function sampleSet(settings: SettingsInput = {}): Topology {
  const sample: SettingsInput = { name: "sample", size: "dev", docker: { subnet: "10.41.0.0/24" } };
  return plan(validateSettings({ ...sample, ...settings })).topology;
}

export const password = "correct-horse-battery-staple";

/** The password in the form that components take. It is created in each run, because an output belongs to its run. */
export function secretPassword(): pulumi.Output<string> {
  return pulumi.secret(password);
}

/** Files as a host receives them if each file is a secret. */
export function secretly(files: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(files).map(([path, content]) => [path, secret(content)]));
}
