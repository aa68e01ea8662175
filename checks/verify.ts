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

/** What "it works" means, in the order of the report; what a check needs comes before it. */
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

/** The first of all checks: an unreachable set answers none of the others. */
const reachable = "the set is reachable";

export interface VerificationOptions {
  /**
   * Milliseconds for the whole. A condition that may still come true, such as a replica that is copying its data, is
   * awaited that long. The last attempts are not cut off, so nodes that hang may add two or three seconds.
   *
   * @default 60000
   */
  readonly deadline?: number;
  /** Called with a line for people when a check ends, and now and then with what is being waited for. */
  readonly progress?: (line: string) => void;
  /** Ends the verification early, with the signal's reason. */
  readonly signal?: AbortSignal;
  /** @default found out by trying */
  readonly mode?: AddressMode;
  /** Opens a tunnel, where the set's host needs one. Its timeout comes before the deadline. */
  readonly access?: SetAccess | undefined;
}

/**
 * Whether the set works as planned. It leaves the set as it was: the keys it writes are its own and are removed.
 *
 * @returns the report, also when checks failed
 * @throws the reason of `signal`; anything else is a bug
 */
export async function verify(
  target: VerificationTarget,
  { deadline = defaultDeadline, progress, signal, mode, access }: VerificationOptions = {},
): Promise<VerificationReport> {
  const begin = performance.now();
  // Aborted as well when one check meets a bug, so that the others do not go on alone.
  const over = new AbortController();
  const signals = signal === undefined ? [over.signal] : [signal, over.signal];
  const watch = { progress, signal: AbortSignal.any(signals), interval: access?.interval };
  const open = access?.open ?? (async () => (mode === undefined ? findAddressing(target) : new Addressing(mode)));
  try {
    const { mode: reachedBy, outcomes } = await runAll(
      target,
      { open, timeout: access?.timeout ?? 0 },
      deadline,
      watch,
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
  watch: Omit<CheckContext, "until">,
): Promise<Results> {
  const begin = performance.now();
  let addressing: Addressing | undefined;
  const reached = await retryUntil(
    reachable,
    async () => {
      addressing ??= await open();
      return `through ${addressModeNames[addressing.mode]}`;
    },
    { ...watch, until: begin + Math.max(deadline, timeout) },
  );
  tell(reached, watch);
  if (addressing === undefined) {
    const others = allChecks.map((check) => notRun(check, reachable));
    return { mode: undefined, outcomes: [reached, ...others] };
  }
  const { mode } = addressing;
  const found = async () => addressing as Addressing;
  // The time until a host's nodes can be reached is not part of the deadline.
  const until = (timeout === 0 ? begin : performance.now()) + deadline;
  const outcomes = await withRunningSet(target, found, (set) => runChecks(set, { ...watch, until }));
  return { mode, outcomes: [reached, ...outcomes] };
}

/** Runs every check as soon as what it needs has passed, side by side with the others. */
async function runChecks(set: RunningSet, watch: CheckContext): Promise<readonly CheckOutcome[]> {
  const outcomes = new Map<Check, Promise<CheckOutcome>>();
  for (const check of allChecks) {
    const attempt = check.start(set);
    if (attempt !== undefined) {
      const needed = check.needs.flatMap((need) => outcomes.get(need) ?? []);
      outcomes.set(
        check,
        runAfter(needed, check, () => retryUntil(check.name, attempt, watch, check.severity), watch),
      );
    }
  }
  return Promise.all(outcomes.values());
}

async function runAfter(
  needed: readonly Promise<CheckOutcome>[],
  check: Check,
  run: () => Promise<CheckOutcome>,
  watch: CheckContext,
): Promise<CheckOutcome> {
  const because = (await Promise.all(needed)).map(rootOfFailure).find((cause) => cause !== undefined);
  const outcome = because === undefined ? await run() : notRun(check, because);
  tell(outcome, watch);
  return outcome;
}

function notRun({ name, severity = "error" }: Pick<Check, "name" | "severity">, because: string): CheckNotRun {
  return { state: "not run", severity, name, because };
}

/** The name of the check that really failed; undefined when there is no failure. */
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

function tell(outcome: CheckOutcome, { progress }: Pick<CheckContext, "progress">): void {
  for (const line of describeOutcome(outcome).split("\n")) {
    progress?.(line);
  }
}
