import type { RunningSet } from "../redis/runningSet.ts";
import type { NodePlan } from "../topology/topology.ts";

/**
 * What a failed check means. "error": the set does not work as planned, and the update or the verification fails.
 * "warning": Redis works, something beside it does not; the finding is shown and nothing fails.
 */
export type Severity = "error" | "warning";

/** One part of what "it works" means. */
export interface Check {
  /** A phrase that says what is true when it passes: "exactly one master". */
  readonly name: string;
  /** @default "error" */
  readonly severity?: Severity;
  /** What must have passed first: without it this check could not say anything of its own. */
  readonly needs: readonly Check[];
  /**
   * Begins the check and gives its attempt, which may keep what an earlier attempt found out; undefined when the plan has
   * nothing that could be checked.
   */
  start(set: RunningSet): Attempt | undefined;
}

/**
 * Looks once, without waiting for anything to change, and returns what it saw. It is called again until it succeeds, it
 * says that waiting is of no use, or time is up.
 *
 * @throws CheckFailure
 */
export type Attempt = () => Promise<string>;

/** One thing a check found wrong. */
export interface Finding {
  /** A sentence without a full stop that names the node. */
  readonly problem: string;
  /** Where a person looks next: a command to run, or a thing to read. */
  readonly lookAt: string;
  /** True for what no waiting mends, such as another maxmemory: the check then fails at once. */
  readonly lasting?: boolean;
}

export class CheckFailure extends Error {
  readonly findings: readonly Finding[];
  readonly lasting: boolean;

  constructor(findings: readonly Finding[]) {
    const lasting = findings.filter((finding) => finding.lasting === true);
    // What may still mend itself is not reported as a fault when the check stops early because of the rest.
    const shown = withoutRepetition(lasting.length > 0 ? lasting : findings);
    super(shown.map((finding) => finding.problem).join("; "));
    this.name = "CheckFailure";
    this.findings = shown;
    this.lasting = lasting.length > 0;
  }
}

/** A part that all nodes depend on, such as the exporter, is found missing once for each of them. */
function withoutRepetition(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [finding.problem, finding])).values()];
}

/** Ends an attempt when anything was found. */
export function failOn(findings: readonly Finding[]): void {
  if (findings.length > 0) {
    throw new CheckFailure(findings);
  }
}

/** `redis-0, redis-1 and redis-2`. */
export function list(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** Where a node says why it does not run or does not answer. */
export function logOf(node: NodePlan): string {
  return `the log of ${node.name}`;
}
