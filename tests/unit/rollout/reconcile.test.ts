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

/** A set of seven data nodes and seven Sentinels that runs; tests plan less. */
const before = withNodes(7, 7);

let running: Set<string>;
let leader: string;
/** What each Sentinel lists beside itself, by name. */
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

describe("what left the plan is stopped and forgotten:", () => {
  test("replicas at once, and then one Sentinel after another forgets them", async () => {
    await settleTo(withNodes(2, 3), { sentinelsBefore: 3 });
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

  test("the master last of the data nodes, when it leaves", async () => {
    leader = "redis-3";
    await settleTo(withNodes(3, 1), { sentinelsBefore: 1 });
    expect(events.slice(0, 4)).toEqual(["stopped redis-4", "stopped redis-5", "stopped redis-6", "stopped redis-3"]);
  });

  test("Sentinels only as many at once as leave a majority of those they know", async () => {
    await settleTo(withNodes(7, 3));
    const resets = [0, 1, 2].map((ordinal) => `sentinel-${ordinal}: SENTINEL RESET mymaster`);
    expect(events).toEqual([
      ...["stopped sentinel-3", "stopped sentinel-4", "stopped sentinel-5"],
      ...resets,
      "stopped sentinel-6",
      ...resets,
    ]);
  });

  test("only those Sentinels are reset that remember somebody", async () => {
    for (const name of ["redis-5", "redis-6"]) {
      running.delete(name);
      known.get("sentinel-0")!.delete(name);
    }
    await settleTo(withNodes(5, 3), { sentinelsBefore: 3 });
    expect(events).toEqual(["sentinel-1: SENTINEL RESET mymaster", "sentinel-2: SENTINEL RESET mymaster"]);
  });

  test("what others do not know goes on running, until the deployment removes it", async () => {
    const others = ["gateway-0", "exporter", "commander"];
    await settleTo(withNodes(6, 7), { others });
    expect(events.filter((event) => event.startsWith("stopped"))).toEqual(["stopped redis-6"]);
  });

  test("nothing happens to a set that is as planned", async () => {
    await settleTo(before);
    expect(events).toEqual([]);
  });
});

test("nothing is stopped while a node that stays is not in sync; the verification says what is wrong", async () => {
  vi.mocked(replicationFacts).mockImplementation(async (_set, node) => {
    const link = { linkUp: false, linkDownFor: 3, syncing: false, master: before.dataNodes[0]!.endpoint };
    return { role: "slave", node, offset: 9, ...link };
  });
  const progress = await settleTo(withNodes(2, 3), { sentinelsBefore: 3 });
  expect(events).toEqual([]);
  expect(progress).toEqual([
    "redis-2, redis-3, redis-4, redis-5 and redis-6 cannot be taken out now: redis-0 has no link to its master; " +
      "redis-1 has no link to its master",
  ]);
});

describe("what this update has made may still be starting:", () => {
  const starting = () => new CheckFailure([{ problem: "commander does not run: its image is pulled", lookAt: "" }]);

  test("the set is awaited as long as its host may need, beyond the deadline, and then nodes are taken out", async () => {
    const open = vi.fn(async () => new Addressing("forwarded"));
    open.mockRejectedValueOnce(starting()).mockRejectedValueOnce(starting());
    const progress = await settleTo(withNodes(6, 7), { access: accessBy(open) });
    expect(open).toHaveBeenCalledTimes(3);
    expect(events[0]).toBe("stopped redis-6");
    expect(progress.filter((line) => line.includes("cannot be taken out"))).toEqual([]);
  });

  test("with nothing to take out one look is enough, since the verification awaits the set", async () => {
    const open = vi.fn(async () => Promise.reject<Addressing>(starting()));
    await settleTo(before, { access: accessBy(open) });
    expect(open).toHaveBeenCalledTimes(1);
  });

  test("a Sentinel that does not answer at first is asked again", async () => {
    vi.mocked(sentinelFacts).mockRejectedValueOnce(starting());
    await settleTo(withNodes(6, 7), { deadline: 2000 });
    expect(events[0]).toBe("stopped redis-6");
  });
});

test("what the plan has and was stopped, by hand or by an update that failed, is started", async () => {
  running.delete("redis-4");
  await settleTo(before);
  expect(events).toEqual(["started redis-4"]);
});

test("what the plan has and the host has not is named, with the way to have it back", async () => {
  const target = verificationTarget(before, { password });
  const options = { planned: new Set(["redis-0", "redis-1"]), existing: [], deadline: 0, progress: () => undefined };
  const failure: unknown = await reconcile(target, options).catch((reason: unknown) => reason);
  expect(failure).toBeInstanceOf(MissingWorkloadError);
  expect(failure).toMatchObject({ names: ["redis-0", "redis-1"], message: /pulumi up --refresh$/ });
});

interface Situation {
  readonly sentinelsBefore?: number;
  /** Names of what runs beside data nodes and Sentinels. */
  readonly others?: readonly string[];
  readonly access?: SetAccess;
  /** Milliseconds. */
  readonly deadline?: number;
}

function accessBy(open: () => Promise<Addressing>): SetAccess {
  return { open, openUnchecked: open, timeout: 2000, interval: 1 };
}

/** Settles what runs to a plan, and returns what people were told. */
async function settleTo(
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

/** A workload that runs and is neither data node nor Sentinel. */
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
