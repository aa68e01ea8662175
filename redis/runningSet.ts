import type { Redis } from "ioredis";
import { formatEndpoint } from "../topology/endpoint.ts";
import type { Finding } from "../topology/finding.ts";
import type { NodePlan } from "../topology/topology.ts";
import type { Addressing } from "./addressing.ts";
import { commandLimit, DialError, dial, isCommandTimeout } from "./dial.ts";
import { CheckFailure, failOn, logOf } from "./finding.ts";
import type { VerificationTarget } from "./target.ts";

/** A node answered a command with an error. */
export class RefusalError extends CheckFailure {
  /** The server's error message, such as `NOREPLICAS Not enough good replicas to write.` */
  readonly reply: string;

  constructor(node: NodePlan, command: string, reply: string, lookAt: string) {
    super([{ problem: `${node.name} answers ${command} with: ${reply}`, lookAt }]);
    this.name = "RefusalError";
    this.reply = reply;
  }
}

/** A running set. It has at most one connection to each node, which all callers share. */
export class RunningSet {
  readonly target: VerificationTarget;
  readonly addressing: Addressing;
  readonly #connections = new Map<string, Promise<Redis>>();
  #closed = false;

  constructor(target: VerificationTarget, addressing: Addressing) {
    this.target = target;
    this.addressing = addressing;
  }

  /**
   * Sends one command to one node. Connects first if there is no open connection.
   *
   * @throws RefusalError when the node answers with an error; CheckFailure when it does not answer.
   */
  async call(node: NodePlan, command: string, ...words: readonly string[]): Promise<unknown> {
    const client = await this.#connection(node);
    try {
      return await client.call(command, ...words);
    } catch (error) {
      throw this.#failure(node, [command, ...words], error);
    }
  }

  /**
   * Queries all nodes in parallel.
   *
   * @throws CheckFailure with the findings of all nodes that failed, not only those of the first
   */
  async askEach<Node extends NodePlan, Answer>(
    nodes: readonly Node[],
    ask: (node: Node) => Promise<Answer>,
  ): Promise<Answer[]> {
    const outcomes = await Promise.allSettled(nodes.map(ask));
    const findings: Finding[] = [];
    const answers: Answer[] = [];
    for (const outcome of outcomes) {
      if (outcome.status === "fulfilled") {
        answers.push(outcome.value);
      } else if (outcome.reason instanceof CheckFailure) {
        findings.push(...outcome.reason.findings);
      } else {
        throw outcome.reason;
      }
    }
    failOn(findings);
    return answers;
  }

  /** The shell command by which a person repeats a query of a check. */
  command(node: NodePlan, question: string): string {
    return this.addressing.command(node, question);
  }

  /** Closes every connection. Commands that are still in progress fail. */
  async close(): Promise<void> {
    this.#closed = true;
    const connections = await Promise.allSettled(this.#connections.values());
    for (const connection of connections) {
      if (connection.status === "fulfilled") {
        connection.value.disconnect();
      }
    }
  }

  async #connection(node: NodePlan): Promise<Redis> {
    if (this.#closed) {
      throw new Error(`the connections to the set are closed: ${node.name} cannot be queried any more`);
    }
    const existing = this.#connections.get(node.name);
    if (existing !== undefined) {
      return existing;
    }
    const dialled = this.#dial(node);
    this.#connections.set(node.name, dialled);
    return dialled;
  }

  async #dial(node: NodePlan): Promise<Redis> {
    try {
      const client = await dial(this.addressing.endpoint(node), this.target.password);
      client.once("end", () => this.#connections.delete(node.name));
      return client;
    } catch (error) {
      this.#connections.delete(node.name);
      throw unreachable(node, error);
    }
  }

  #failure(node: NodePlan, words: readonly string[], error: unknown): Error {
    if (!(error instanceof Error)) {
      return new Error(String(error));
    }
    // Two words identify the command: INFO replication, SENTINEL MASTER, SET and the key.
    const command = words.slice(0, 2).join(" ");
    if (error.name === "ReplyError") {
      return new RefusalError(node, command, error.message, this.command(node, words.join(" ")));
    }
    const address = formatEndpoint(this.addressing.endpoint(node));
    const reason = isCommandTimeout(error.message)
      ? `does not answer ${command} within ${commandLimit} ms`
      : `lost the connection during ${command}: ${error.message}`;
    return new CheckFailure([{ problem: `${node.name} at ${address} ${reason}`, lookAt: logOf(node) }]);
  }
}

/** Converts a DialError to a finding about the node. Any other error is a bug and is returned unchanged. */
function unreachable(node: NodePlan, error: unknown): unknown {
  if (!(error instanceof DialError)) {
    return error;
  }
  const problem = `${node.name} ${error.message}`;
  return new CheckFailure([{ problem, lookAt: logOf(node), permanent: error.wrongPassword }]);
}
