import type { Redis } from "ioredis";
import { defaultDeadline } from "../checks/deadline.ts";
import { VerificationError } from "../checks/report.ts";
import { retryUntil } from "../checks/retryUntil.ts";
import { verify } from "../checks/verify.ts";
import type { SetAccess } from "../redis/access.ts";
import { type Addressing, findAddressing } from "../redis/addressing.ts";
import { describeNode } from "../redis/replicationFacts.ts";
import { findRoles } from "../redis/roles.ts";
import type { VerificationTarget } from "../redis/target.ts";
import { withConnections } from "../redis/withRunningSet.ts";
import type { DataNodePlan } from "../topology/topology.ts";
import type { AuditedNodes } from "./ledger/audit.ts";
import { SetClients } from "./ledger/setClients.ts";

/** How to reach a set on which drills run. */
export interface DrillAccess {
  /**
   * The addresses for the clients and for the watch on every node. They must be addresses that applications use: a port
   * that is forwarded through an API server fails with the pod and with the API server, so a drill would measure the
   * port.
   *
   * @default detected by trying
   */
  readonly addressing?: Addressing | undefined;
  /** For the checks before and after a drill, if the set's host needs a tunnel. */
  readonly access?: SetAccess | undefined;
}

/** A set on which drills run. */
export class DrilledSet {
  readonly target: VerificationTarget;
  readonly clients: SetClients;
  readonly #addressing: Addressing;
  readonly #access: SetAccess | undefined;

  private constructor(target: VerificationTarget, addressing: Addressing, access: SetAccess | undefined) {
    this.target = target;
    this.clients = new SetClients(target, addressing);
    this.#addressing = addressing;
    this.#access = access;
  }

  static async reach(target: VerificationTarget, { addressing, access }: DrillAccess = {}): Promise<DrilledSet> {
    return new DrilledSet(target, addressing ?? (await findAddressing(target)), access);
  }

  /**
   * Waits until every check passes and clients reach every data node. The checks alone are not enough: on Kubernetes,
   * the address of a Service leads to a new pod earlier on some machines than on others.
   *
   * @param limit milliseconds
   * @throws VerificationError
   */
  async well(limit = defaultDeadline): Promise<void> {
    const until = performance.now() + limit;
    const { mode } = this.#addressing;
    const report = await verify(this.target, { deadline: limit, mode, access: this.#access });
    if (!report.passed) {
      throw new VerificationError(report);
    }
    const attempt = async () => describeNode(await this.master());
    const context = { until, progress: undefined, signal: new AbortController().signal };
    const served = await retryUntil("clients reach every data node", attempt, context);
    if (served.state === "failed") {
      throw new VerificationError({ ...report, passed: false, checks: [...report.checks, served] });
    }
  }

  /**
   * Finds the current master. Uses new connections each time, because a connection from before a fault may lead to a
   * pod that no longer exists.
   *
   * @throws CheckFailure when a data node does not answer, or the set does not have exactly one master
   */
  async master(): Promise<DataNodePlan> {
    return withConnections(this.target, this.#addressing, async (set) => (await findRoles(set)).master.node);
  }

  /** Calls `use` with a connection to every data node, and closes the connections afterwards. */
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
