import { performance } from "node:perf_hooks";
import type { SetAccess } from "../redis/access.ts";
import { Addressing, type AddressMode, addressModeNames, findAddressing } from "../redis/addressing.ts";
import type { RunningSet } from "../redis/runningSet.ts";
import type { VerificationTarget } from "../redis/target.ts";
import { withRunningSet } from "../redis/withRunningSet.ts";
import { settingsApplied } from "./appliedSettings.ts";
import { passwordRequired } from "./authentication.ts";
import type { Check } from "./check.ts";
import { commanderShowsMaster } from "./commander.ts";
import { dataNodesAnswer, sentinelsAnswer } from "./connectivity.ts";
import { defaultDeadline } from "./deadline.ts";
import { gatewaysLead } from "./gateway.ts";
import { gatewaysGuarded } from "./gatewayStatistics.ts";
import { loginsRequired } from "./loginProxy.ts";
import { metricsUp } from "./metrics.ts";
import { minReplicasMet } from "./minReplicas.ts";
import { oneMaster } from "./oneMaster.ts";
import { replicasInSync } from "./replication.ts";
import { type CheckNotRun, type CheckOutcome, describeOutcome, isPassed, type VerificationReport } from "./report.ts";
import { type CheckContext, retryUntil } from "./retryUntil.ts";
import { writesReachReplicas } from "./roundTrip.ts";
import { clientsFindMaster } from "./sentinelClient.ts";
import { sentinelsAgree } from "./sentinels.ts";
import { sentinelsReady } from "./tilt.ts";

/** All checks, in the order of the report. A check comes after the checks that it needs. */
const allChecks: readonly Check[] = [
  dataNodesAnswer,
  sentinelsAnswer,
  passwordRequired,
  settingsApplied,
  oneMaster,
  replicasInSync,
  minReplicasMet,
  writesReachReplicas,
  sentinelsAgree,
  sentinelsReady,
  clientsFindMaster,
  gatewaysLead,
  gatewaysGuarded,
  loginsRequired,
  metricsUp,
  commanderShowsMaster,
];

/** The name of the first check. The other checks are not run on an unreachable set. */
const reachable = "the set is reachable";

export interface VerificationOptions {
  /**
   * Milliseconds for the whole verification. Until then, checks wait for conditions that may still become true, such as
   * a replica that is copying its data. The last attempts are not interrupted, so hanging nodes may add 2 to 3 s.
   *
   * @default 60000
   */
  readonly deadline?: number;
  /** Called with a line for people when a check ends, and every few seconds with what a check is waiting for. */
  readonly progress?: (line: string) => void;
  /** Ends the verification early, with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Which addresses to use. @default detected by trying them */
  readonly mode?: AddressMode;
  /** Opens a tunnel if the set's host needs one. The tunnel's own timeout is not part of the deadline. */
  readonly access?: SetAccess | undefined;
}

/**
 * Checks whether the set works as planned. The verification writes only its own keys, and removes them.
 *
 * @returns the report, also when checks failed
 * @throws the reason of `signal`; anything else is a bug
 */
export async function verify(
  target: VerificationTarget,
  { deadline = defaultDeadline, progress, signal, mode, access }: VerificationOptions = {},
): Promise<VerificationReport> {
  const begin = performance.now();
  // Also aborted when one check throws because of a bug, so that the other checks do not continue.
  const over = new AbortController();
  const signals = signal === undefined ? [over.signal] : [signal, over.signal];
  const context = { progress, signal: AbortSignal.any(signals), interval: access?.interval };
  const open = access?.open ?? (async () => (mode === undefined ? findAddressing(target) : new Addressing(mode)));
  try {
    const { mode: reachedBy, outcomes } = await runAll(
      target,
      { open, timeout: access?.timeout ?? 0 },
      deadline,
      context,
    );
    return { passed: isPassed(outcomes), mode: reachedBy, checks: outcomes, milliseconds: performance.now() - begin };
  } finally {
    over.abort();
  }
}

interface Results {
  /** Undefined when the set was not reached. */
  readonly mode: AddressMode | undefined;
  readonly outcomes: readonly CheckOutcome[];
}

async function runAll(
  target: VerificationTarget,
  { open, timeout }: Pick<SetAccess, "open" | "timeout">,
  deadline: number,
  context: Omit<CheckContext, "until">,
): Promise<Results> {
  const begin = performance.now();
  let addressing: Addressing | undefined;
  const reached = await retryUntil(
    reachable,
    async () => {
      addressing ??= await open();
      return `through ${addressModeNames[addressing.mode]}`;
    },
    { ...context, until: begin + Math.max(deadline, timeout) },
  );
  reportProgress(reached, context);
  if (addressing === undefined) {
    const others = allChecks.map((check) => notRun(check, reachable));
    return { mode: undefined, outcomes: [reached, ...others] };
  }
  const { mode } = addressing;
  const openedBefore = async () => addressing as Addressing;
  // The time until the tunnel is open is not part of the deadline.
  const until = (timeout === 0 ? begin : performance.now()) + deadline;
  const outcomes = await withRunningSet(target, openedBefore, (set) => runChecks(set, { ...context, until }));
  return { mode, outcomes: [reached, ...outcomes] };
}

/** Runs the checks in parallel, each as soon as the checks that it needs have passed. */
async function runChecks(set: RunningSet, context: CheckContext): Promise<readonly CheckOutcome[]> {
  const outcomes = new Map<Check, Promise<CheckOutcome>>();
  for (const check of allChecks) {
    const attempt = check.start(set);
    if (attempt !== undefined) {
      const needed = check.needs.flatMap((need) => outcomes.get(need) ?? []);
      outcomes.set(
        check,
        runAfter(needed, check, () => retryUntil(check.name, attempt, context, check.severity), context),
      );
    }
  }
  return Promise.all(outcomes.values());
}

async function runAfter(
  needed: readonly Promise<CheckOutcome>[],
  check: Check,
  run: () => Promise<CheckOutcome>,
  context: CheckContext,
): Promise<CheckOutcome> {
  const because = (await Promise.all(needed)).map(rootOfFailure).find((cause) => cause !== undefined);
  const outcome = because === undefined ? await run() : notRun(check, because);
  reportProgress(outcome, context);
  return outcome;
}

function notRun({ name, severity = "error" }: Pick<Check, "name" | "severity">, because: string): CheckNotRun {
  return { state: "not run", severity, name, because };
}

/** The name of the check that failed first in a chain of dependencies; undefined if there is no failure. */
function rootOfFailure(outcome: CheckOutcome): string | undefined {
  switch (outcome.state) {
    case "passed":
      return undefined;
    case "failed":
      return outcome.name;
    case "not run":
      return outcome.because;
  }
}

function reportProgress(outcome: CheckOutcome, { progress }: Pick<CheckContext, "progress">): void {
  for (const line of describeOutcome(outcome).split("\n")) {
    progress?.(line);
  }
}
