import type { Finding } from "../topology/finding.ts";
import type { NodePlan } from "../topology/topology.ts";

/** A running set is not as it should be. */
export class CheckFailure extends Error {
  readonly findings: readonly Finding[];
  /** Whether waiting does not help. */
  readonly permanent: boolean;

  constructor(findings: readonly Finding[]) {
    const permanent = findings.filter((finding) => finding.permanent === true);
    // A check that ends early because of a permanent fault does not report those that may go away.
    const shown = withoutRepetition(permanent.length > 0 ? permanent : findings);
    super(shown.map((finding) => finding.problem).join("; "));
    this.name = "CheckFailure";
    this.findings = shown;
    this.permanent = permanent.length > 0;
  }
}

/** A part that all nodes depend on, such as the exporter, is found missing once for each of them. */
function withoutRepetition(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [finding.problem, finding])).values()];
}

/** @throws CheckFailure when there is any finding */
export function failOn(findings: readonly Finding[]): void {
  if (findings.length > 0) {
    throw new CheckFailure(findings);
  }
}

/** `redis-0, redis-1 and redis-2`. */
export function joinNames(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** Where a node says why it does not run or does not answer. */
export function logOf(node: NodePlan): string {
  return `the log of ${node.name}`;
}
