import { beforeEach, describe, expect, test, vi } from "vitest";
import type { ExistingWorkload } from "../../../hosts/workload.ts";
import type { SetAccess } from "../../../redis/access.ts";
import { Addressing } from "../../../redis/addressing.ts";
import { CheckFailure } from "../../../redis/finding.ts";
import { replicationFacts } from "../../../redis/replicationFacts.ts";
import { RunningSet } from "../../../redis/runningSet.ts";
import { type SentinelFacts, sentinelFacts } from "../../../redis/sentinelFacts.ts";
import { verificationTarget } from "../../../redis/target.ts";
import { MissingWorkloadError, reconcile } from "../../../rollout/reconcile.ts";
import { formatEndpoint } from "../../../topology/endpoint.ts";
import type { NodePlan, Topology } from "../../../topology/topology.ts";
import { password, plannedSet } from "../../support/unit/plannedSet.ts";

vi.mock("../../../redis/addressing.ts", async (original) => {
  const addressing = await original<typeof import("../../../redis/addressing.ts")>();
  return { ...addressing, findAddressing: async () => new addressing.Addressing("inside") };
});
vi.mock("../../../redis/replicationFacts.ts", async (original) => ({
  ...(await original<typeof import("../../../redis/replicationFacts.ts")>()),
  replicationFacts: vi.fn(),
}));
vi.mock("../../../redis/sentinelFacts.ts", () => ({ sentinelFacts: vi.fn() }));

/** The running set, with seven data nodes and seven Sentinels. The tests plan fewer nodes. */
const before = withNodes(7, 7);

let running: Set<string>;
let leader: string;
/** The names of the other nodes that each Sentinel lists, by the Sentinel's name. */
let known: Map<string, Set<string>>;
let events: string[];

beforeEach(() => {
  running = new Set([...before.dataNodes, ...before.sentinels].map(({ name }) => name));
  leader = "redis-0";
  known = new Map(before.sentinels.map(({ name }) => [name, new Set([...running].filter((other) => other !== name))]));
  events = [];
  vi.mocked(replicationFacts).mockImplementation(async (_set, node) => {
    const master = before.dataNodes.find(({ name }) => name === leader)!.endpoint;
    return node.name === leader
      ? { role: "master", node, offset: 9, replicas: new Map() }
      : { role: "slave", node, offset: 9, master, linkUp: true, linkDownFor: undefined, syncing: false };
  });
  vi.mocked(sentinelFacts).mockImplementation(async (set, node) => factsOf(set, node.name));
  vi.spyOn(RunningSet.prototype, "call").mockImplementation(async (node, ...words) => {
    events.push(`${node.name}: ${words.join(" ")}`);
    known.set(node.name, new Set([...running].filter((other) => other !== node.name)));
  });
});

describe("reconciling a set with a plan that has fewer nodes", () => {
  test("stops all leaving replicas at once, and then makes one Sentinel after another forget them", async () => {
    await reconcileTo(withNodes(2, 3), { sentinelsBefore: 3 });
    expect(events).toEqual([
      "stopped redis-2",
      "stopped redis-3",
      "stopped redis-4",
      "stopped redis-5",
      "stopped redis-6",
      "sentinel-0: SENTINEL RESET mymaster",
      "sentinel-1: SENTINEL RESET mymaster",
      "sentinel-2: SENTINEL RESET mymaster",
    ]);
  });

  test("stops a leaving master after the other leaving data nodes", async () => {
    leader = "redis-3";
    await reconcileTo(withNodes(3, 1), { sentinelsBefore: 1 });
    expect(events.slice(0, 4)).toEqual(["stopped redis-4", "stopped redis-5", "stopped redis-6", "stopped redis-3"]);
  });

  test("stops only so many Sentinels at once that the others are a majority of the Sentinels that they know", async () => {
    await reconcileTo(withNodes(7, 3));
    const resets = [0, 1, 2].map((ordinal) => `sentinel-${ordinal}: SENTINEL RESET mymaster`);
    expect(events).toEqual([
      ...["stopped sentinel-3", "stopped sentinel-4", "stopped sentinel-5"],
      ...resets,
      "stopped sentinel-6",
      ...resets,
    ]);
  });

  test("resets only the Sentinels that still list a node which left", async () => {
    for (const name of ["redis-5", "redis-6"]) {
      running.delete(name);
      known.get("sentinel-0")!.delete(name);
    }
    await reconcileTo(withNodes(5, 3), { sentinelsBefore: 3 });
    expect(events).toEqual(["sentinel-1: SENTINEL RESET mymaster", "sentinel-2: SENTINEL RESET mymaster"]);
  });

  test("does not stop gateways, exporter and Commander, which run until Pulumi deletes them", async () => {
    const others = ["gateway-0", "exporter", "commander"];
    await reconcileTo(withNodes(6, 7), { others });
    expect(events.filter((event) => event.startsWith("stopped"))).toEqual(["stopped redis-6"]);
  });

  test("changes nothing when the set already matches the plan", async () => {
    await reconcileTo(before);
    expect(events).toEqual([]);
  });
});

test("reconciling stops no node while a remaining node is not in sync, and reports why", async () => {
  vi.mocked(replicationFacts).mockImplementation(async (_set, node) => {
    const link = { linkUp: false, linkDownFor: 3, syncing: false, master: before.dataNodes[0]!.endpoint };
    return { role: "slave", node, offset: 9, ...link };
  });
  const progress = await reconcileTo(withNodes(2, 3), { sentinelsBefore: 3 });
  expect(events).toEqual([]);
  expect(progress).toEqual([
    "redis-2, redis-3, redis-4, redis-5 and redis-6 cannot be removed from the set now: redis-0 has no link to its " +
      "master; redis-1 has no link to its master",
  ]);
});

describe("reconciling while nodes of the set are still starting", () => {
  const starting = () => new CheckFailure([{ problem: "commander does not run: its image is pulled", lookAt: "" }]);

  test("waits for the set as long as its host may need, beyond the deadline, and then stops leaving nodes", async () => {
    const open = vi.fn(async () => new Addressing("forwarded"));
    open.mockRejectedValueOnce(starting()).mockRejectedValueOnce(starting());
    const progress = await reconcileTo(withNodes(6, 7), { access: accessBy(open) });
    expect(open).toHaveBeenCalledTimes(3);
    expect(events[0]).toBe("stopped redis-6");
    expect(progress.filter((line) => line.includes("cannot be removed"))).toEqual([]);
  });

  test("tries to reach the set only once when no node leaves, because the verification waits for it", async () => {
    const open = vi.fn(async () => Promise.reject<Addressing>(starting()));
    await reconcileTo(before, { access: accessBy(open) });
    expect(open).toHaveBeenCalledTimes(1);
  });

  test("queries a Sentinel again when it does not answer at first", async () => {
    vi.mocked(sentinelFacts).mockRejectedValueOnce(starting());
    await reconcileTo(withNodes(6, 7), { deadline: 2000 });
    expect(events[0]).toBe("stopped redis-6");
  });
});

test("reconciling starts a planned node that was stopped", async () => {
  running.delete("redis-4");
  await reconcileTo(before);
  expect(events).toEqual(["started redis-4"]);
});

test("reconciling fails when planned workloads are missing on the host, and names the command that restores them", async () => {
  const target = verificationTarget(before, { password });
  const options = { planned: new Set(["redis-0", "redis-1"]), existing: [], deadline: 0, progress: () => undefined };
  const failure: unknown = await reconcile(target, options).catch((reason: unknown) => reason);
  expect(failure).toBeInstanceOf(MissingWorkloadError);
  expect(failure).toMatchObject({ names: ["redis-0", "redis-1"], message: /pulumi up --refresh$/ });
});

interface Situation {
  readonly sentinelsBefore?: number;
  /** Names of running workloads that are neither data nodes nor Sentinels. */
  readonly others?: readonly string[];
  readonly access?: SetAccess;
  /** Milliseconds. */
  readonly deadline?: number;
}

function accessBy(open: () => Promise<Addressing>): SetAccess {
  return { open, openUnchecked: open, timeout: 2000, interval: 1 };
}

/** Reconciles the running set with a plan, and returns the progress lines. */
async function reconcileTo(
  plan: Topology,
  { sentinelsBefore = 7, others = [], access, deadline = 0 }: Situation = {},
): Promise<readonly string[]> {
  for (const { name } of before.sentinels.slice(sentinelsBefore)) {
    running.delete(name);
    for (const list of known.values()) {
      list.delete(name);
    }
  }
  const progress: string[] = [];
  await reconcile(verificationTarget(plan, { password }), {
    planned: new Set([...plan.dataNodes, ...plan.sentinels].map(({ name }) => name)),
    existing: [...before.dataNodes, ...before.sentinels, ...others.map(otherNamed)].map(workload),
    access,
    deadline,
    progress: (line) => progress.push(line),
  });
  return progress;
}

/** A running workload that is neither a data node nor a Sentinel. */
function otherNamed(name: string, place: number): Pick<NodePlan, "name" | "endpoint"> {
  running.add(name);
  return { name, endpoint: { host: `10.41.0.${2 + place}`, port: 8080 } };
}

function workload({ name, endpoint }: Pick<NodePlan, "name" | "endpoint">): ExistingWorkload {
  return {
    name,
    address: endpoint.host,
    running: running.has(name),
    async stop() {
      events.push(`stopped ${name}`);
      running.delete(name);
      if (name === leader) {
        leader = "redis-0";
      }
    },
    async start() {
      events.push(`started ${name}`);
      running.add(name);
    },
  };
}

function factsOf(set: RunningSet, name: string): SentinelFacts {
  const others = [...(known.get(name) ?? [])];
  const own = before.sentinels.find((sentinel) => sentinel.name === name)!;
  const flags = ["slave"];
  return {
    node: own,
    id: own.id,
    master: formatEndpoint(before.dataNodes.find((node) => node.name === leader)!.endpoint),
    masterFlags: ["master"],
    rules: set.target.sentinelRules,
    replicas: before.dataNodes
      .filter((node) => others.includes(node.name) && node.name !== leader)
      .map(({ endpoint }) => ({ address: formatEndpoint(endpoint), flags })),
    peers: before.sentinels
      .filter((sentinel) => others.includes(sentinel.name))
      .map(({ endpoint, id }) => ({ address: formatEndpoint(endpoint), flags, id })),
    quorum: "OK",
  };
}

function withNodes(dataNodes: number, sentinels: number): Topology {
  const set = plannedSet();
  const [node, sentinel] = [set.dataNodes[0]!, set.sentinels[0]!];
  return {
    ...set,
    dataNodes: Array.from({ length: dataNodes }, (_, ordinal) => ({
      ...node,
      ordinal,
      name: `redis-${ordinal}`,
      endpoint: { host: `10.41.0.${10 + ordinal}`, port: 6379 },
    })),
    sentinels: Array.from({ length: sentinels }, (_, ordinal) => ({
      ...sentinel,
      ordinal,
      name: `sentinel-${ordinal}`,
      id: String(ordinal + 1).repeat(40),
      endpoint: { host: `10.41.0.${200 + ordinal}`, port: 26379 },
    })),
  };
}
