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

/** What the rules say of settings: problems stop everything, warnings are shown. */
export interface Verdict {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/**
 * Judges settings whose shape is right by the rules between them.
 *
 * @param faults paths of settings that are known to be wrong and have their default for now; a rule that reads one of
 *   them does not judge.
 */
export function check(settings: Settings, faults: readonly string[] = []): Verdict {
  const isFaulty = (path: string) => faults.includes(path);
  const applicable = rules.filter(
    ({ reads, judgesEach }) =>
      !reads.some((path) =>
        faults.some((fault) => (path === judgesEach ? isInside(path, fault) : overlap(path, fault))),
      ),
  );
  const judge = (severity: Rule["severity"]) =>
    applicable.filter((rule) => rule.severity === severity).flatMap((rule) => rule.check(settings, isFaulty));
  return { problems: judge("problem"), warnings: judge("warning") };
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

/** Whether one path is the other or inside it. */
function overlap(one: string, other: string): boolean {
  return isInside(one, other) || isInside(other, one);
}

/** Whether a path is another one or inside it. */
function isInside(path: string, other: string): boolean {
  return path === other || path.startsWith(`${other}.`);
}
