import { CheckFailure, type Finding, logOf } from "../checks/check.ts";
import { formatEndpoint, hostEndpoint } from "../topology/endpoint.ts";
import type { DataNodePlan, Endpoint, NodePlan } from "../topology/topology.ts";
import { DialError, dial } from "./dial.ts";
import { infoFields } from "./replies.ts";
import type { VerificationTarget } from "./target.ts";

/**
 * How the set is reached from here: by the nodes' addresses inside its network, as Linux can, by the ports they
 * publish, as where containers run in a virtual machine (Docker Desktop), or by ports that are forwarded for the
 * occasion.
 */
export type Way = "inside" | "published" | "forwarded";

/** To be read after "through". */
export const wayNames: Readonly<Record<Way, string>> = {
  inside: "the addresses inside the network",
  published: "the published ports",
  forwarded: "forwarded ports",
};

/** A way that a set's host has to open. */
export interface Passage {
  /**
   * Looks once, and opens the way when the set can be reached.
   *
   * @throws CheckFailure
   */
  open(): Promise<Route>;
  /** Opens the way as it is: whoever is not there does not answer. Undefined where there is no way at all. */
  openAnyway(): Promise<Route | undefined>;
  /** Milliseconds that the set may need until it can be reached. */
  readonly patience: number;
  /** Milliseconds between two attempts of a check: by this way each may cost the machines of the set dear. */
  readonly interval: number;
}

/** The way to every node of a set. */
export class Route {
  readonly way: Way;

  constructor(way: Way) {
    this.way = way;
  }

  /** Where to connect to for this node. */
  endpoint(node: NodePlan): Endpoint {
    return endpointBy(this.way, node);
  }

  /**
   * Where the addresses that Sentinels answer with are to be reached, in the form of ioredis' `natMap`; undefined where
   * they can be used as they are.
   */
  translation(nodes: readonly NodePlan[]): Record<string, Endpoint> | undefined {
    if (this.way === "inside") {
      return undefined;
    }
    return Object.fromEntries(nodes.map((node) => [formatEndpoint(node.endpoint), this.endpoint(node)]));
  }

  /** `redis-cli -h 10.1.2.3 -p 6379 --askpass INFO replication`: for a person to repeat what a check asked. */
  command(node: NodePlan, question: string): string {
    const { host, port } = this.endpoint(node);
    return `redis-cli -h ${host} -p ${port} --askpass ${question}`;
  }

  /** Gives back what was opened for the way. */
  async close(): Promise<void> {
    // Addresses and published ports are there anyway.
  }
}

/**
 * Finds the way by trying: the first data node that accepts the password decides.
 *
 * An address inside the network may belong to another set on this machine, with the same range and even the same
 * password, while the published port of a remote Docker host leads to ours. So where a node answers by both ways it must
 * be one process; where it is not, the published port is right.
 *
 * @throws CheckFailure when no data node accepts the password, by either way
 */
export async function findRoute(target: VerificationTarget): Promise<Route> {
  const [inside, published] = await Promise.all([firstAnswer("inside", target), firstAnswer("published", target)]);
  if (!Array.isArray(inside)) {
    const other = await runIdBy("published", inside.node, target);
    return new Route(other === undefined || other === inside.runId ? "inside" : "published");
  }
  if (!Array.isArray(published)) {
    // A node that came up between the two questions answers only now.
    const other = await runIdBy("inside", published.node, target);
    return new Route(other === published.runId ? "inside" : "published");
  }
  throw new CheckFailure(target.dataNodes.map((node, index) => unreached(node, inside[index], published[index])));
}

/** A data node that accepted the password, and the process it is. */
interface Answer {
  readonly node: DataNodePlan;
  readonly runId: string;
}

/** The first data node to answer; when none does, why each did not, in the order of the plan. */
async function firstAnswer(way: Way, target: VerificationTarget): Promise<Answer | DialError[]> {
  try {
    return await Promise.any(target.dataNodes.map((node) => answerOf(way, node, target.password)));
  } catch (error) {
    if (error instanceof AggregateError && error.errors.every((reason) => reason instanceof DialError)) {
      return error.errors;
    }
    throw error;
  }
}

async function runIdBy(way: Way, node: DataNodePlan, target: VerificationTarget): Promise<string | undefined> {
  try {
    return (await answerOf(way, node, target.password)).runId;
  } catch (error) {
    if (error instanceof DialError) {
      return undefined;
    }
    throw error;
  }
}

async function answerOf(way: Way, node: DataNodePlan, password: string): Promise<Answer> {
  const endpoint = endpointBy(way, node);
  const client = await dial(endpoint, password);
  try {
    return { node, runId: infoFields(await client.info("server")).get("run_id") ?? "" };
  } catch (error) {
    throw error instanceof Error ? new DialError(endpoint, error) : error;
  } finally {
    client.disconnect();
  }
}

function unreached(node: DataNodePlan, inside: DialError | undefined, published: DialError | undefined): Finding {
  const reasons = [inside, published].filter((reason) => reason !== undefined);
  return {
    problem: `${node.name} ${reasons.map((reason) => reason.message).join(" and ")}`,
    lookAt: logOf(node),
    lasting: reasons.every((reason) => reason.wrongPassword),
  };
}

function endpointBy(way: Way, node: NodePlan): Endpoint {
  return way === "inside" ? node.endpoint : hostEndpoint(node);
}
