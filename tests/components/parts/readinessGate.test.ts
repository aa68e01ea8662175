import { afterEach, describe, expect, test, vi } from "vitest";
import { RedisGateway } from "../../../components/gateway.ts";
import { type GateOptions, readinessGate } from "../../../components/parts/readinessGate.ts";
import type { DeclaredWorkload, ExistingWorkload } from "../../../hosts/workload.ts";
import { MissingWorkloadError } from "../../../rollout/reconcile.ts";
import { Part, workload } from "../../support/components/onDocker.ts";
import { type Declaration, declared, named } from "../../support/components/program.ts";
import { RecordingHost } from "../../support/components/recordingHost.ts";
import { sampleSet, secretPassword } from "../../support/components/sampleSet.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the readiness gate of a workload", () => {
  test("stores the workload's id, so that it waits after a change and again after a failed wait", async () => {
    const { program } = await gate();
    expect(named(program, "part-web-0-ready")).toMatchObject({
      type: "pulumi:index:Stash",
      inputs: { input: "part-web-0-id" },
      dependencies: ["part-web-0"],
      hooks: ["beforeCreate part-web-0-ready", "beforeUpdate part-web-0-ready"],
      ignoreChanges: [],
    });
  });

  test("opens when the workload is ready and onReady has finished", async () => {
    const order: string[] = [];
    const { program, host } = await gate({ onReady: async () => void order.push("before the next") });
    vi.spyOn(host, "awaitReady").mockImplementation(async ([name]) => void order.push(`${name} is ready`));
    await program.runHook("part-web-0-ready");
    expect(order).toEqual(["web-0 is ready", "before the next"]);
  });

  test("stays closed if the workload does not become ready, and the update fails with the host's error", async () => {
    const onReady = vi.fn(async () => undefined);
    const { program, host } = await gate({ onReady: onReady });
    vi.spyOn(host, "awaitReady").mockRejectedValue(new Error("web-0 is not ready"));
    await expect(program.runHook("part-web-0-ready")).rejects.toThrow(new Error("web-0 is not ready"));
    expect(onReady).not.toHaveBeenCalled();
  });

  test("does not wait for a workload that this update has created", async () => {
    const { program, host } = await gate();
    host.begun.add("web-0");
    await program.runHook("part-web-0-ready");
    expect(host.awaited).toEqual([]);
  });

  test.each([true, false])("waits only if shouldWait returns true (%s)", async (shouldWait) => {
    const onReady = vi.fn(async () => undefined);
    const { program, host } = await gate({ shouldWait: async () => shouldWait, onReady: onReady });
    await program.runHook("part-web-0-ready");
    expect(host.awaited).toEqual(shouldWait ? [["web-0"]] : []);
    expect(onReady).toHaveBeenCalledTimes(shouldWait ? 1 : 0);
  });

  test("starts a workload that was stopped after a failed wait, and waits for it", async () => {
    const stopped = present("web-0", false);
    const { program, host } = await gate({}, [stopped]);
    await program.runHook("part-web-0-ready");
    expect(stopped.start).toHaveBeenCalledTimes(1);
    expect(host.awaited).toEqual([["web-0"]]);
  });

  test("fails with a MissingWorkloadError if the workload was removed after a failed wait", async () => {
    const { program } = await gate({}, []);
    await expect(program.runHook("part-web-0-ready")).rejects.toThrow(new MissingWorkloadError(["web-0"]));
  });

  test("reports whether the update has changed its workload, even if the gate did not wait", async () => {
    const { program, gated } = await gate({ shouldWait: async () => false });
    expect(gated.changedNow?.()).toBe(false);
    await program.runHook("part-web-0-ready");
    expect(gated.changedNow?.()).toBe(true);
  });
});

describe("the readiness gate of a gateway", () => {
  test.each([
    ["waits if another gateway runs, because that gateway changes next", [present("gateway-1")], [["gateway-0"]]],
    ["does not wait if the other gateway does not run", [present("gateway-1", false)], []],
    ["does not wait if there is no other gateway", [present("redis-0")], []],
  ])("%s", async (_case, others, awaited) => {
    const host = new RecordingHost();
    host.workloads = [present("gateway-0"), ...others];
    const program = await declared(() => {
      const topology = sampleSet({ gateway: { count: 2 } });
      new RedisGateway("door", { topology, host, password: secretPassword() });
    });
    await program.runHook("door-gateway-0-ready");
    expect(host.awaited).toEqual(awaited);
  });
});

interface Gate {
  readonly program: Declaration;
  readonly host: RecordingHost;
  readonly gated: DeclaredWorkload;
}

async function gate(options: GateOptions = {}, workloads = [present("web-0")]): Promise<Gate> {
  const host = new RecordingHost();
  host.workloads = workloads;
  const { promise, resolve } = Promise.withResolvers<DeclaredWorkload>();
  const program = await declared(() => {
    const place = { name: "part", parent: new Part("part") };
    resolve(readinessGate(host, host.run(workload(), { ...place, after: [] }), place, options));
  });
  return { program, host, gated: await promise };
}

function present(name: string, running = true): ExistingWorkload {
  return { name, address: "10.41.0.10", running, stop: vi.fn(), start: vi.fn(async () => undefined) };
}
