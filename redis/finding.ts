import type { Finding } from "../topology/finding.ts";
import type { NodePlan } from "../topology/topology.ts";

/** A running set does not fulfill a condition. The message joins the problems of the findings. */
export class CheckFailure extends Error {
  readonly findings: readonly Finding[];
  /** True if retrying does not help. */
  readonly permanent: boolean;

  constructor(findings: readonly Finding[]) {
    const permanent = findings.filter((finding) => finding.permanent === true);
    // A permanent finding ends a check early, so findings that may be temporary are not reported with it.
    const shown = withoutRepetition(permanent.length > 0 ? permanent : findings);
    super(shown.map((finding) => finding.problem).join("; "));
    this.name = "CheckFailure";
    this.findings = shown;
    this.permanent = permanent.length > 0;
  }
}

/**
 * Removes repeated findings. If a shared part is missing, such as the exporter, every node produces the same finding.
 */
function withoutRepetition(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [finding.problem, finding])).values()];
}

/** @throws CheckFailure when there is any finding */
export function failOn(findings: readonly Finding[]): void {
  if (findings.length > 0) {
    throw new CheckFailure(findings);
  }
}

/** Joins names for people: `redis-0, redis-1 and redis-2`. */
export function joinNames(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** Names the log in which a node reports why it does not run or does not answer. */
export function logOf(node: NodePlan): string {
  return `the log of ${node.name}`;
}
