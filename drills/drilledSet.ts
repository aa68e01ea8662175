import type { Redis } from "ioredis";
import { findRoles } from "../checks/oneMaster.ts";
import { VerificationError } from "../checks/report.ts";
import { findRoute, type Passage, type Route } from "../checks/route.ts";
import { RunningSet } from "../checks/runningSet.ts";
import type { VerificationTarget } from "../checks/target.ts";
import { verify } from "../checks/verify.ts";
import type { AuditedNodes } from "../ledger/audit.ts";
import { SetClients } from "../ledger/setClients.ts";
import type { DataNodePlan } from "../topology/topology.ts";

/** The ways to a set that is drilled. */
export interface DrillWays {
  /**
   * Of the applications, and of the look at every node beside them. They must be where applications are: a port that is
   * forwarded through an API server breaks with the pod and with that server, and a drill would measure the port.
   *
   * @default found out by trying
   */
  readonly route?: Route | undefined;
  /** Of the checks before and after, where the set's host has one of its own. */
  readonly passage?: Passage | undefined;
}

/** A set that is broken on purpose, and the ways to it. */
export class DrilledSet {
  readonly target: VerificationTarget;
  readonly clients: SetClients;
  readonly #running: RunningSet;
  readonly #passage: Passage | undefined;

  private constructor(running: RunningSet, passage: Passage | undefined) {
    this.target = running.target;
    this.clients = new SetClients(running.target, running.route);
    this.#running = running;
    this.#passage = passage;
  }

  static async reach(target: VerificationTarget, { route, passage }: DrillWays = {}): Promise<DrilledSet> {
    return new DrilledSet(new RunningSet(target, route ?? (await findRoute(target))), passage);
  }

  /**
   * Waits until every check passes.
   *
   * @param limit milliseconds
   * @throws VerificationError
   */
  async well(limit = 60_000): Promise<void> {
    const { way } = this.#running.route;
    const report = await verify(this.target, { deadline: limit, way, passage: this.#passage });
    if (!report.passed) {
      throw new VerificationError(report);
    }
  }

  async master(): Promise<DataNodePlan> {
    return (await findRoles(this.#running)).master.node;
  }

  /** Hands over a connection to every data node, and ends them afterwards. */
  async withNodes<Result>(use: (nodes: AuditedNodes & { readonly master: Redis }) => Promise<Result>): Promise<Result> {
    const master = await this.master();
    const connections = new Map(this.target.dataNodes.map((node) => [node, this.clients.to(node)]));
    try {
      const replicas = [...connections].filter(([node]) => node !== master).map(([node, redis]) => [node.name, redis]);
      return await use({ master: connections.get(master) as Redis, replicas: Object.fromEntries(replicas) });
    } finally {
      for (const redis of connections.values()) {
        redis.disconnect();
      }
    }
  }

  close(): Promise<void> {
    return this.#running.close();
  }
}
