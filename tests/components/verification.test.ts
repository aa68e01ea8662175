import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type CheckOutcome, describeReport, VerificationError, type VerificationReport } from "../../checks/report.ts";
import { verify } from "../../checks/verify.ts";
import { Verification, type VerificationArgs } from "../../components/verification.ts";
import type { DeclaredWorkload } from "../../hosts/workload.ts";
import { verificationTarget } from "../../redis/target.ts";
import { reconcile } from "../../rollout/reconcile.ts";
import type { Topology } from "../../topology/topology.ts";
import { declared, named } from "../support/components/program.ts";
import { RecordingHost } from "../support/components/recordingHost.ts";
import { password, sampleSet } from "../support/components/sampleSet.ts";
import { treeOf } from "../support/components/snapshot.ts";

vi.mock("../../rollout/reconcile.ts", () => ({ reconcile: vi.fn() }));
vi.mock("../../checks/verify.ts", () => ({ verify: vi.fn() }));

const topology = sampleSet();
const loginPassword = "open-sesame-open-sesame";
const secrets = {
  password,
  gatewayPassword: "look-but-do-not-touch",
  exporterPassword: "scrape-and-nothing-else",
  commanderPassword: loginPassword,
};

describe("the fingerprint of a set", () => {
  test("depends on every workload, and the checks run before it is created or updated", async () => {
    expect(treeOf(await declareVerification())).toEqual([
      "redis-ha:index:Verification proof",
      "  pulumi:index:Stash proof-fingerprint after redis-0, sentinel-0; " +
        "beforeCreate proof-checks; beforeUpdate proof-checks",
      "test:index:Workload redis-0",
      "test:index:Workload sentinel-0",
    ]);
  });

  test("is the only stored value, and a later fingerprint replaces it", async () => {
    expect(named(await declareVerification(), "proof-fingerprint")).toMatchObject({
      inputs: { input: expect.stringMatching(/^[0-9a-f]{64}$/) },
      ignoreChanges: [],
      replaceOnChanges: [],
    });
  });

  test("is the same for the same set with other passwords or another deadline", async () => {
    const first = await fingerprint();
    expect(await fingerprint()).toBe(first);
    expect(await fingerprint({ deadline: 1 })).toBe(first);
    expect(await fingerprint({}, { secrets: { password: "another-one-altogether" } })).toBe(first);
  });

  test.each<{ what: string; others: Others }>([
    { what: "a workload was replaced", others: { ids: { "redis-0": "other-id", "sentinel-0": "sentinel-0-id" } } },
    { what: "a workload was added", others: { ids: { ...usualIds(), "redis-1": "redis-1-id" } } },
    { what: "a workload was removed", others: { ids: { "redis-0": "redis-0-id" } } },
    {
      what: "the ids of two workloads were exchanged",
      others: { ids: { "redis-0": "sentinel-0-id", "sentinel-0": "redis-0-id" } },
    },
    { what: "the plan was changed", others: { topology: sampleSet({ sentinels: { downAfter: "4s" } }) } },
  ])("is different if $what", async ({ others }) => {
    expect(await fingerprint({}, others)).not.toBe(await fingerprint());
  });
});

describe("the checks of an update", () => {
  beforeEach(() => {
    vi.mocked(reconcile).mockReset().mockResolvedValue();
    vi.mocked(verify).mockReset().mockResolvedValue(report());
    vi.spyOn(pulumi.log, "info").mockResolvedValue();
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test("let the update continue and report their results if the set works", async () => {
    const { runHook } = await declareVerification();
    await expect(runHook("proof-checks")).resolves.toBeUndefined();
    expect(vi.mocked(pulumi.log.info).mock.calls).toEqual([[describeReport(report()), expect.any(Verification)]]);
  });

  test("use the plan and the passwords, with a deadline of one minute", async () => {
    const { runHook } = await declareVerification();
    await runHook("proof-checks");
    expect(vi.mocked(verify).mock.calls).toEqual([
      [verificationTarget(topology, secrets), { deadline: 60_000, progress: expect.any(Function) }],
    ]);
  });

  test("start when the workloads that this update has changed are ready", async () => {
    const host = new RecordingHost();
    const { runHook } = await declareVerification({}, { host, changed: ["sentinel-0"] });
    await runHook("proof-checks");
    expect(host.awaited).toEqual([["sentinel-0"]]);
  });

  test("do not run if a workload does not become ready, and the update fails with the host's error", async () => {
    const host = new RecordingHost();
    vi.spyOn(host, "awaitReady").mockRejectedValue(new Error("sample-redis-0 is not ready 3 s after its start"));
    const { runHook } = await declareVerification({}, { host, changed: ["redis-0"] });
    await expect(runHook("proof-checks")).rejects.toThrow(new Error("sample-redis-0 is not ready 3 s after its start"));
    expect([reconcile, verify].map((call) => vi.mocked(call).mock.calls)).toEqual([[], []]);
  });

  test("start after reconciliation has removed workloads that are no longer planned", async () => {
    const { runHook } = await declareVerification({ deadline: 5_000 });
    await runHook("proof-checks");
    expect(vi.mocked(reconcile).mock.calls).toEqual([
      [
        verificationTarget(topology, secrets),
        {
          planned: new Set(["redis-0", "sentinel-0"]),
          existing: [],
          deadline: 5_000,
          progress: expect.any(Function),
        },
      ],
    ]);
    expect(vi.mocked(reconcile).mock.invocationCallOrder[0]).toBeLessThan(
      vi.mocked(verify).mock.invocationCallOrder[0]!,
    );
  });

  test("have the configured deadline", async () => {
    const { runHook } = await declareVerification({ deadline: 5_000 });
    await runHook("proof-checks");
    expect(vi.mocked(verify).mock.lastCall?.[1]).toMatchObject({ deadline: 5_000 });
  });

  test("need no passwords of gateways, exporter and Redis Commander if the set has none of them", async () => {
    const without = sampleSet({
      gateway: { enabled: false },
      exporter: { enabled: false },
      commander: { enabled: false },
    });
    const { runHook } = await declareVerification({}, { topology: without, secrets: { password } });
    await runHook("proof-checks");
    expect(vi.mocked(verify).mock.lastCall?.[0]).toEqual(verificationTarget(without, { password }));
  });

  test("report what they wait for in messages that Pulumi shows only during the update", async () => {
    vi.mocked(verify).mockImplementation(async (_target, options) => {
      options?.progress?.("waiting for redis-2 to be in sync");
      return report();
    });
    const { runHook } = await declareVerification();
    await runHook("proof-checks");
    const [first] = vi.mocked(pulumi.log.info).mock.calls;
    const ephemeral = true;
    expect(first).toEqual(["waiting for redis-2 to be in sync", expect.any(Verification), undefined, ephemeral]);
  });

  test("let the update succeed with a warning if only a check of the severity warning fails", async () => {
    const finding = { problem: "commander does not answer the login proxy", lookAt: "the log of commander" };
    const doubtful = report({
      state: "failed",
      severity: "warning",
      name: "Commander shows the master's data to its user",
      findings: [finding],
      milliseconds: 3,
    });
    vi.mocked(verify).mockResolvedValue({ ...doubtful, passed: true });
    const warn = vi.spyOn(pulumi.log, "warn").mockResolvedValue();
    const { runHook } = await declareVerification();
    await runHook("proof-checks");
    expect(warn.mock.calls).toEqual([
      [
        [
          "! Commander shows the master's data to its user (3 ms)",
          `    ${finding.problem}`,
          `    look at: ${finding.lookAt}`,
        ].join("\n"),
        expect.any(Verification),
      ],
    ]);
  });

  test("fail the update with their findings if the set does not work", async () => {
    const failed = report({
      state: "failed",
      severity: "error",
      name: "every replica is in sync",
      findings: [{ problem: "redis-2 has no link to its master", lookAt: "docker logs sample-redis-2" }],
      milliseconds: 3,
    });
    vi.mocked(verify).mockResolvedValue(failed);
    const { runHook } = await declareVerification();
    const failure: unknown = await runHook("proof-checks").catch((reason: unknown) => reason);
    expect(failure).toBeInstanceOf(VerificationError);
    expect(failure).toMatchObject({
      report: failed,
      message: [
        "the set does not work as planned: 1 of 1 checks failed, after 1.2 s",
        "✗ every replica is in sync (3 ms)",
        "    redis-2 has no link to its master",
        "    look at: docker logs sample-redis-2",
      ].join("\n"),
    });
  });

  test("fail the update if they cannot run", async () => {
    vi.mocked(verify).mockRejectedValue(new TypeError("a bug"));
    const { runHook } = await declareVerification();
    await expect(runHook("proof-checks")).rejects.toThrow(new TypeError("a bug"));
  });

  test("run only in a hook, and not when the program declares the set", async () => {
    await declareVerification();
    expect(verify).not.toHaveBeenCalled();
  });
});

/** Differences from the default set of these tests. */
interface Others {
  readonly topology?: Topology;
  /** Names of workloads to their ids. */
  readonly ids?: Readonly<Record<string, string>>;
  /** Names of workloads that this update has changed. @default none */
  readonly changed?: readonly string[];
  readonly host?: RecordingHost;
  readonly secrets?: {
    readonly password: string;
    readonly gatewayPassword?: string;
    readonly exporterPassword?: string;
    readonly commanderPassword?: string;
  };
}

class RunningWorkload extends pulumi.CustomResource {
  constructor(name: string) {
    super("test:index:Workload", name, {});
  }
}

function declareVerification(args: Pick<VerificationArgs, "deadline"> = {}, others: Others = {}) {
  return declared(() => {
    const { password: own, gatewayPassword, exporterPassword, commanderPassword } = others.secrets ?? secrets;
    new Verification("proof", {
      ...args,
      topology: others.topology ?? topology,
      host: others.host ?? new RecordingHost(),
      password: pulumi.secret(own),
      ...(gatewayPassword === undefined ? {} : { gatewayPassword: pulumi.secret(gatewayPassword) }),
      ...(exporterPassword === undefined ? {} : { exporterPassword: pulumi.secret(exporterPassword) }),
      ...(commanderPassword === undefined ? {} : { commanderPassword: pulumi.secret(commanderPassword) }),
      workloads: Object.entries(others.ids ?? usualIds()).map(([name, id]) => ({
        ...running(name, id),
        changedNow: () => others.changed?.includes(name) ?? false,
      })),
    });
  });
}

async function fingerprint(args?: Pick<VerificationArgs, "deadline">, others?: Others): Promise<unknown> {
  return named(await declareVerification(args, others), "proof-fingerprint").inputs["input"];
}

function running(name: string, id: string): DeclaredWorkload {
  return { name, id: pulumi.output(id), resource: new RunningWorkload(name) };
}

function usualIds(): Readonly<Record<string, string>> {
  return { "redis-0": "redis-0-id", "sentinel-0": "sentinel-0-id" };
}

function report(check: CheckOutcome = passed): VerificationReport {
  return { passed: check.state === "passed", mode: "inside", checks: [check], milliseconds: 1_200 };
}

const passed: CheckOutcome = { state: "passed", name: "exactly one master", saw: "redis-0", milliseconds: 2 };
