import type { Problem } from "./problem.ts";
import { clientRules } from "./rules/client.ts";
import { directiveRules } from "./rules/directives.ts";
import { memoryRules } from "./rules/memory.ts";
import { monitorRules } from "./rules/monitors.ts";
import { networkRules } from "./rules/network.ts";
import { replicationRules } from "./rules/replication.ts";
import type { Rule } from "./rules/rule.ts";
import { sentinelRules } from "./rules/sentinels.ts";
import { sizeRules } from "./rules/sizes.ts";
import type { Settings } from "./schema.ts";

/** The result of the rules. A problem prevents the deployment; a warning is only printed. */
export interface Verdict {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/**
 * Applies the rules to settings that are valid according to the schema.
 *
 * @param faults paths of invalid settings, which have been replaced by their defaults. A rule that reads one of them is
 *   skipped.
 */
export function check(settings: Settings, faults: readonly string[] = []): Verdict {
  const isFaulty = (path: string) => faults.includes(path);
  const applicable = rules.filter(
    ({ reads, checksEach }) =>
      !reads.some((path) =>
        faults.some((fault) => (path === checksEach ? isInside(path, fault) : overlap(path, fault))),
      ),
  );
  const run = (severity: Rule["severity"]) =>
    applicable.filter((rule) => rule.severity === severity).flatMap((rule) => rule.check(settings, isFaulty));
  return { problems: run("problem"), warnings: run("warning") };
}

const rules: readonly Rule[] = [
  ...sentinelRules,
  ...replicationRules,
  ...networkRules,
  ...monitorRules,
  ...memoryRules,
  ...sizeRules,
  ...directiveRules,
  ...clientRules,
];

/** True if the paths are equal or one contains the other. */
function overlap(one: string, other: string): boolean {
  return isInside(one, other) || isInside(other, one);
}

/** True if `path` equals `other` or lies inside it. */
function isInside(path: string, other: string): boolean {
  return path === other || path.startsWith(`${other}.`);
}
