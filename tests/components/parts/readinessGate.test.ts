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

describe("the gate behind a workload", () => {
  test("keeps the workload's id, so that it waits when that changes and again after a wait that failed", async () => {
    const { program } = await gate();
    expect(named(program, "part-web-0-ready")).toMatchObject({
      type: "pulumi:index:Stash",
      inputs: { input: "part-web-0-id" },
      dependencies: ["part-web-0"],
      hooks: ["beforeCreate part-web-0-ready", "beforeUpdate part-web-0-ready"],
      ignoreChanges: [],
    });
  });

  test("opens when the workload is ready and what is due before the next one is done", async () => {
    const order: string[] = [];
    const { program, host } = await gate({ onReady: async () => void order.push("before the next") });
    vi.spyOn(host, "awaitReady").mockImplementation(async ([name]) => void order.push(`${name} is ready`));
    await program.runHook("part-web-0-ready");
    expect(order).toEqual(["web-0 is ready", "before the next"]);
  });

  test("stays closed when the workload does not become ready, and the update fails in the host's words", async () => {
    const beforeNext = vi.fn(async () => undefined);
    const { program, host } = await gate({ onReady: beforeNext });
    vi.spyOn(host, "awaitReady").mockRejectedValue(new Error("web-0 is not ready"));
    await expect(program.runHook("part-web-0-ready")).rejects.toThrow(new Error("web-0 is not ready"));
    expect(beforeNext).not.toHaveBeenCalled();
  });

  test("does not wait for a workload that begins with this update", async () => {
    const { program, host } = await gate();
    host.begun.add("web-0");
    await program.runHook("part-web-0-ready");
    expect(host.awaited).toEqual([]);
  });

  test.each([true, false])("waits only when there is something to lose by going on (%s)", async (worth) => {
    const beforeNext = vi.fn(async () => undefined);
    const { program, host } = await gate({ shouldWait: async () => worth, onReady: beforeNext });
    await program.runHook("part-web-0-ready");
    expect(host.awaited).toEqual(worth ? [["web-0"]] : []);
    expect(beforeNext).toHaveBeenCalledTimes(worth ? 1 : 0);
  });

  test("starts a workload that was stopped since the wait failed, and waits for it", async () => {
    const stopped = present("web-0", false);
    const { program, host } = await gate({}, [stopped]);
    await program.runHook("part-web-0-ready");
    expect(stopped.start).toHaveBeenCalledTimes(1);
    expect(host.awaited).toEqual([["web-0"]]);
  });

  test("says how a workload comes back that was removed since the wait failed", async () => {
    const { program } = await gate({}, []);
    await expect(program.runHook("part-web-0-ready")).rejects.toThrow(new MissingWorkloadError(["web-0"]));
  });

  test("knows whether the update has changed its workload, also where nothing was waited for", async () => {
    const { program, gated } = await gate({ shouldWait: async () => false });
    expect(gated.changedNow?.()).toBe(false);
    await program.runHook("part-web-0-ready");
    expect(gated.changedNow?.()).toBe(true);
  });
});

describe("the gate behind a gateway", () => {
  test.each([
    ["waits where another gateway runs, which would change next", [present("gateway-1")], [["gateway-0"]]],
    ["does not wait where the other gateway does not run", [present("gateway-1", false)], []],
    ["does not wait where the gateway is alone", [present("redis-0")], []],
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
