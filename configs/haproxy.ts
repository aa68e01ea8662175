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
    // In the foreground, so that HAProxy logs the changed results of its checks to standard error. It reads the secrets
    // first, because haproxy.cfg refers to them.
    command: ["haproxy", "-db", "-f", secrets, "-f", configuration],
    // A gateway is healthy even if the set has no master at the moment: clients wait at the gateway for the next one.
    probe: ["wget", "-q", "-O", "-", `http://127.0.0.1:${gateway.statistics.endpoint.port}/health`],
  };
}

/**
 * A gateway's secret files: path to content.
 *
 * @param password the password of the data nodes and Sentinels
 * @param statisticsPassword the password of `gateway.user` for the statistics page. Only its hash is in the file
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
  const periods = times(sentinelRules);
  const view = {
    name: gateway.name,
    set: `${topology.name}-${gateway.name}`,
    description: `${topology.name}/${gateway.name}`,
    threads: Math.max(1, Math.floor(gateway.size.cpus)),
    connections: gateway.connections,
    allConnections:
      2 * gateway.connections + maxStatisticsConnections + checkConnections * dataNodes.length * (1 + sentinels.length),
    statisticsConnections: maxStatisticsConnections,
    retries: Math.ceil(failoverWait(sentinelRules) / connectTimeout),
    times: periods,
    steadyAnswers: Math.ceil(steadyTime / periods.steady),
    // When a node comes back, it answers the check in progress at once, and the next one is already due.
    responsiveAnswers: 2 + Math.ceil(successorTime / periods.responsive),
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

/**
 * Timeout of a connection in milliseconds, and the pause until the next attempt. Within one network, connecting takes
 * less than 1 ms.
 */
const connectTimeout = 50;

/**
 * Milliseconds for which a node must have answered without interruption before the gateway trusts its role more than
 * the Sentinels. After a promotion, the Sentinels need 0.8 to 1.3 s to name the new master, and this time must be
 * longer.
 */
const steadyTime = 5000;

/**
 * Milliseconds for which a node that comes back must have answered before it receives writes because the Sentinels name
 * it. They still name a frozen master for 0.8 s after they have promoted another node. In this time the gateway must
 * see the successor, which it checks every 10 ms.
 */
const successorTime = 250;

/**
 * The intervals and timeouts of a gateway's checks, in milliseconds.
 *
 * A frozen node must be marked as down before Sentinel promotes another one, which happens `downAfter` + 0.4 s after
 * the last answer of the node. It should not be marked much earlier: there is no benefit in disconnecting clients from
 * a master that only stalls. Therefore the role check fails after twice `silence`, which is 0.8 times `downAfter`.
 */
function times({ downAfter }: SentinelParameters) {
  const silence = Math.min(1000, Math.round(downAfter * 0.4));
  const steady = Math.min(500, Math.round(downAfter / 4));
  return {
    connect: connectTimeout,
    role: 10,
    roleAgain: 5,
    silence,
    steady,
    successor: successorTime,
    responsive: Math.min(50, steady),
    decision: 5,
    // How long an unchanged answer is delayed: see haproxy.md.
    heldRole: Math.round(silence / 4),
    heldYes: 50,
    heldNo: Math.round(silence / 2),
    replica: 200,
    hasData: 1000,
    // Short, so that this check succeeds before the replicas are marked as down, which needs two failed checks.
    withoutMaster: 50,
    sentinel: 100,
  };
}

/** Milliseconds for which a client's connection waits for a master: the longest duration of a failover. */
function failoverWait({ downAfter, failoverTimeout }: SentinelParameters): number {
  return downAfter + failoverTimeout;
}

/** The maximum number of connections to the statistics page. */
const maxStatisticsConnections = 50;

/**
 * Connections from the gateway to itself for each data node, and for each pair of data node and Sentinel. Most of them
 * wait.
 */
const checkConnections = 8;

/** Encodes a command as clients send it: an array of byte strings. */
function redisCommand(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;
}
