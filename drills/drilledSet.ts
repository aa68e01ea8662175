import type { Redis } from "ioredis";
import { findRoles } from "../checks/oneMaster.ts";
import { VerificationError } from "../checks/report.ts";
import { judge } from "../checks/retryUntil.ts";
import { verify } from "../checks/verify.ts";
import { findRoute, type Passage, type Route } from "../redis/addressing.ts";
import { placed } from "../redis/replicationFacts.ts";
import { RunningSet } from "../redis/runningSet.ts";
import type { VerificationTarget } from "../redis/target.ts";
import type { DataNodePlan } from "../topology/topology.ts";
import type { AuditedNodes } from "./ledger/audit.ts";
import { SetClients } from "./ledger/setClients.ts";

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
  readonly #route: Route;
  readonly #passage: Passage | undefined;

  private constructor(target: VerificationTarget, route: Route, passage: Passage | undefined) {
    this.target = target;
    this.clients = new SetClients(target, route);
    this.#route = route;
    this.#passage = passage;
  }

  static async reach(target: VerificationTarget, { route, passage }: DrillWays = {}): Promise<DrilledSet> {
    return new DrilledSet(target, route ?? (await findRoute(target)), passage);
  }

  /**
   * Waits until every check passes, and the clients have a way to every data node too: the address of a Kubernetes
   * Service leads to a new pod on one machine sooner than on another.
   *
   * @param limit milliseconds
   * @throws VerificationError
   */
  async well(limit = 60_000): Promise<void> {
    const until = performance.now() + limit;
    const { way } = this.#route;
    const report = await verify(this.target, { deadline: limit, way, passage: this.#passage });
    if (!report.passed) {
      throw new VerificationError(report);
    }
    const attempt = async () => placed(await this.master());
    const watch = { until, progress: undefined, signal: new AbortController().signal };
    const served = await judge("clients reach every data node", attempt, watch);
    if (served.state === "failed") {
      throw new VerificationError({ ...report, passed: false, checks: [...report.checks, served] });
    }
  }

  /**
   * Asked anew each time: a connection from before a fault may lead to a pod that is gone.
   *
   * @throws CheckFailure when a data node does not answer, or not exactly one says that it is the master
   */
  async master(): Promise<DataNodePlan> {
    const running = new RunningSet(this.target, this.#route);
    try {
      return (await findRoles(running)).master.node;
    } finally {
      await running.close();
    }
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
}
