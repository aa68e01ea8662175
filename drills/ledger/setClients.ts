import { Redis } from "ioredis";
import type { Route } from "../../redis/addressing.ts";
import { recommendedClientOptions } from "../../redis/clientOptions.ts";
import type { VerificationTarget } from "../../redis/target.ts";
import type { Endpoint, NodePlan } from "../../topology/topology.ts";

/** The ways in which applications come to a set. Who gets a client disconnects it. */
export class SetClients {
  readonly #target: VerificationTarget;
  readonly #route: Route;

  constructor(target: VerificationTarget, route: Route) {
    this.#target = target;
    this.#route = route;
  }

  /** One that asks the Sentinels who the master is, with the options recommended to applications. */
  throughSentinels(): Redis {
    const { sentinels, dataNodes, masterName, password } = this.#target;
    const natMap = this.#route.translation(dataNodes);
    return new Redis(
      recommendedClientOptions({
        sentinels: sentinels.map((sentinel) => this.#route.endpoint(sentinel)),
        masterName,
        password,
        ...(natMap === undefined ? {} : { natMap }),
      }),
    );
  }

  /** One that knows a single address and has no time limit: the most careless there is. */
  to(node: NodePlan): Redis {
    const redis = new Redis({ ...this.endpoint(node), password: this.#target.password, disconnectTimeout: 100 });
    // The failed command says it; without a listener it would be said again on standard error.
    redis.on("error", () => undefined);
    return redis;
  }

  /**
   * A plain one that knows only the address of the first gateway.
   *
   * @throws Error when the set has none
   */
  throughGateway(): Redis {
    const [gateway] = this.#target.gateways;
    if (gateway === undefined) {
      throw new Error("the set has no gateway");
    }
    return this.to(gateway);
  }

  endpoint(node: NodePlan): Endpoint {
    return this.#route.endpoint(node);
  }
}
