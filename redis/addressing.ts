import { formatEndpoint, hostEndpoint } from "../topology/endpoint.ts";
import type { Finding } from "../topology/finding.ts";
import type { DataNodePlan, Endpoint, NodePlan } from "../topology/topology.ts";
import type { Tunnel } from "../topology/tunnel.ts";
import { DialError, dial } from "./dial.ts";
import { CheckFailure, logOf } from "./finding.ts";
import { infoFields } from "./replies.ts";
import type { VerificationTarget } from "./target.ts";

/**
 * Which addresses reach the nodes from this machine. "inside": the nodes' own addresses in the set's network, as on
 * Linux. "published": the ports that the nodes publish, as on Docker Desktop, which runs containers in a virtual
 * machine. "forwarded": the local ports of a tunnel.
 */
export type AddressMode = "inside" | "published" | "forwarded";

/** A description of each address mode, to follow the word "through". */
export const addressModeNames: Readonly<Record<AddressMode, string>> = {
  inside: "the addresses inside the network",
  published: "the published ports",
  forwarded: "forwarded ports",
};

/** The addresses at which this machine reaches the nodes of a set. */
export class Addressing {
  readonly mode: AddressMode;

  constructor(mode: AddressMode) {
    this.mode = mode;
  }

  /** The address to connect to for a node. */
  endpoint(node: NodePlan): Endpoint {
    return endpointBy(this.mode, node);
  }

  /**
   * The `natMap` option of ioredis. It maps each address that a Sentinel reports to the address that works from this
   * machine. Undefined if the reported addresses can be used directly.
   */
  natMap(nodes: readonly NodePlan[]): Record<string, Endpoint> | undefined {
    if (this.mode === "inside") {
      return undefined;
    }
    return Object.fromEntries(nodes.map((node) => [formatEndpoint(node.endpoint), this.endpoint(node)]));
  }

  /** The shell command that repeats a query of a check: `redis-cli -h 10.1.2.3 -p 6379 --askpass PING`. */
  command(node: NodePlan, question: string): string {
    const { host, port } = this.endpoint(node);
    return `redis-cli -h ${host} -p ${port} --askpass ${question}`;
  }

  /** Closes the tunnel, if there is one. */
  async close(): Promise<void> {
    // Addresses and published ports need no tunnel.
  }
}

/** Reaches every node through a local port that the node's host forwards. */
export class TunnelAddressing extends Addressing {
  readonly #tunnel: Tunnel;

  constructor(tunnel: Tunnel) {
    super("forwarded");
    this.#tunnel = tunnel;
  }

  override endpoint({ endpoint }: NodePlan): Endpoint {
    return this.#tunnel.endpoint(endpoint);
  }

  override command({ name, endpoint }: NodePlan, question: string): string {
    return `${this.#tunnel.inside(name)} redis-cli -p ${endpoint.port} --askpass ${question}`;
  }

  override async close(): Promise<void> {
    await this.#tunnel.close();
  }
}

/**
 * Detects which addresses reach the set by trying them. The first data node that accepts the password decides.
 *
 * An inside address may belong to another set on this machine, with the same subnet and even the same password, while
 * the published port leads to the right set on a remote Docker host. So if a node answers at both addresses, the run
 * ids are compared. If they differ, the published port is the right one.
 *
 * @throws CheckFailure when no data node accepts the password at either address
 */
export async function findAddressing(target: VerificationTarget): Promise<Addressing> {
  const [inside, published] = await Promise.all([firstAnswer("inside", target), firstAnswer("published", target)]);
  if (!Array.isArray(inside)) {
    const other = await runIdBy("published", inside.node, target);
    return new Addressing(other === undefined || other === inside.runId ? "inside" : "published");
  }
  if (!Array.isArray(published)) {
    // A node that started between the two attempts may answer at its inside address only now.
    const other = await runIdBy("inside", published.node, target);
    return new Addressing(other === published.runId ? "inside" : "published");
  }
  throw new CheckFailure(target.dataNodes.map((node, index) => unreached(node, inside[index], published[index])));
}

/** A data node that accepted the password. */
interface Answer {
  readonly node: DataNodePlan;
  /** Identifies the server's process. */
  readonly runId: string;
}

/**
 * Returns the first data node that answers. If none does, returns one error for each node, in the order of the plan.
 */
async function firstAnswer(mode: AddressMode, target: VerificationTarget): Promise<Answer | DialError[]> {
  try {
    return await Promise.any(target.dataNodes.map((node) => answerOf(mode, node, target.password)));
  } catch (error) {
    if (error instanceof AggregateError && error.errors.every((reason) => reason instanceof DialError)) {
      return error.errors;
    }
    throw error;
  }
}

async function runIdBy(mode: AddressMode, node: DataNodePlan, target: VerificationTarget): Promise<string | undefined> {
  try {
    return (await answerOf(mode, node, target.password)).runId;
  } catch (error) {
    if (error instanceof DialError) {
      return undefined;
    }
    throw error;
  }
}

async function answerOf(mode: AddressMode, node: DataNodePlan, password: string): Promise<Answer> {
  const endpoint = endpointBy(mode, node);
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
    permanent: reasons.every((reason) => reason.wrongPassword),
  };
}

function endpointBy(mode: AddressMode, node: NodePlan): Endpoint {
  return mode === "inside" ? node.endpoint : hostEndpoint(node);
}
