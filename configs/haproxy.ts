import { join } from "node:path";
import { basicLoginHash } from "../topology/basicLogin.ts";
import { majorityOf } from "../topology/settings/majority.ts";
import type { GatewayPlan, SentinelParameters, Topology } from "../topology/topology.ts";
import { containerPaths, type NodeFiles, type Paths, plainWord, render } from "./render.ts";

/** The files, start command and probe of a gateway. */
export function gatewayFiles(topology: Topology, gateway: GatewayPlan, paths: Paths = containerPaths): NodeFiles {
  const configuration = join(paths.configuration, "haproxy.cfg");
  const secrets = join(paths.secrets, "haproxy-secrets.cfg");
  return {
    files: { [configuration]: gatewayConfiguration(topology, gateway) },
    // In the foreground, where it says on standard error what every check finds changed. Secrets come first.
    command: ["haproxy", "-db", "-f", secrets, "-f", configuration],
    // That the set has no master at the moment makes no gateway unwell: clients wait there for the next one.
    probe: ["wget", "-q", "-O", "-", `http://127.0.0.1:${gateway.statistics.endpoint.port}/health`],
  };
}

/**
 * A gateway's secret files: path to content.
 *
 * @param password of data nodes and Sentinels
 * @param statisticsPassword of `gateway.user` on the statistics page; only its hash is in the file
 */
export function gatewaySecretFiles(
  gateway: GatewayPlan,
  password: string,
  statisticsPassword: string,
  paths: Paths = containerPaths,
): Record<string, string> {
  return {
    [join(paths.secrets, "haproxy-secrets.cfg")]: render(
      "haproxy-secrets.cfg",
      {
        redisLogin: Buffer.from(redisCommand("AUTH", password)).toString("hex"),
        statisticsLogin: basicLoginHash(gateway.user, statisticsPassword),
      },
      plainWord,
    ),
  };
}

/** haproxy.cfg without passwords. */
export function gatewayConfiguration(topology: Topology, gateway: GatewayPlan): string {
  const { dataNodes, sentinels, sentinelRules, masterName } = topology;
  const view = {
    name: gateway.name,
    set: `${topology.name}-${gateway.name}`,
    description: `${topology.name}/${gateway.name}`,
    threads: Math.max(1, Math.floor(gateway.size.cpus)),
    connections: gateway.connections,
    allConnections: 2 * gateway.connections + STATISTICS + CHECKS * dataNodes.length * (1 + sentinels.length),
    statisticsConnections: STATISTICS,
    retries: Math.ceil(patience(sentinelRules) / CONNECT),
    times: times(sentinelRules),
    steadyAnswers: Math.ceil(STEADY / times(sentinelRules).steady),
    ports: {
      writes: gateway.endpoint.port,
      reads: gateway.reads.endpoint.port,
      statistics: gateway.statistics.endpoint.port,
    },
    masterName,
    majority: majorityOf(sentinels.length),
    dataNodes: dataNodes.map(({ name, endpoint }) => ({
      name,
      endpoint,
      portLength: String(endpoint.port).length,
      others: dataNodes.filter((other) => other.name !== name).map((other) => other.name),
    })),
    sentinels,
    members: [...dataNodes, ...sentinels],
  };
  return render("haproxy.cfg", view, plainWord);
}

/** Milliseconds for a connection; on one network it takes less than one. Also the pause until the next attempt. */
const CONNECT = 50;

/**
 * Milliseconds that a node must have answered without a gap to be taken at its word against the Sentinels': longer than
 * these need, after a promotion, to name the new master (0.8 to 1.3 s).
 */
const STEADY = 5000;

/**
 * How often a gateway looks and how long it waits for an answer, in milliseconds.
 *
 * A frozen node must count as gone before Sentinel has promoted another, `downAfter` + 0.4 s after its last answer, and
 * not much sooner: nothing is gained by parting clients from a master that only stalls. So the role check gives up after
 * twice `silence`, 0.8 times `downAfter`.
 */
function times({ downAfter }: SentinelParameters) {
  const silence = Math.min(1000, Math.round(downAfter * 0.4));
  return {
    connect: CONNECT,
    role: 10,
    roleAgain: 5,
    silence,
    steady: Math.min(500, Math.round(downAfter / 4)),
    decision: 5,
    // How long an answer that has not changed is held back: see haproxy.md.
    heldRole: Math.round(silence / 4),
    heldYes: 50,
    heldNo: Math.round(silence / 2),
    replica: 200,
    hasData: 1000,
    // Before the first check finds the replicas' links broken: these are marked down after two.
    withoutMaster: 50,
    sentinel: 100,
  };
}

/** Milliseconds a client's connection waits for a master: as long as a failover may take. */
function patience({ downAfter, failoverTimeout }: SentinelParameters): number {
  return downAfter + failoverTimeout;
}

/** Connections to the statistics page. */
const STATISTICS = 50;

/** Connections with which the gateway asks itself about a data node, or about what a Sentinel says of it; most wait. */
const CHECKS = 8;

/** A command as clients send it: an array of byte strings. */
function redisCommand(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;
}
