import type { Redis } from "ioredis";
import { findRoles } from "../checks/oneMaster.ts";
import { VerificationError } from "../checks/report.ts";
import { findRoute } from "../checks/route.ts";
import { RunningSet } from "../checks/runningSet.ts";
import type { VerificationTarget } from "../checks/target.ts";
import { verify } from "../checks/verify.ts";
import type { AuditedNodes } from "../ledger/audit.ts";
import { SetClients } from "../ledger/setClients.ts";
import type { DataNodePlan } from "../topology/topology.ts";

/** A set that is broken on purpose, and the ways to it. */
export class DrilledSet {
  readonly target: VerificationTarget;
  readonly clients: SetClients;
  readonly #running: RunningSet;

  private constructor(running: RunningSet) {
    this.target = running.target;
    this.clients = new SetClients(running.target, running.route);
    this.#running = running;
  }

  static async reach(target: VerificationTarget): Promise<DrilledSet> {
    return new DrilledSet(new RunningSet(target, await findRoute(target)));
  }

  /**
   * Waits until every check passes.
   *
   * @param limit milliseconds
   * @throws VerificationError
   */
  async well(limit = 60_000): Promise<void> {
    const report = await verify(this.target, { deadline: limit, way: this.#running.route.way });
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
