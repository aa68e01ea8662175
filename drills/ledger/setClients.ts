import { Redis } from "ioredis";
import type { Addressing } from "../../redis/addressing.ts";
import { recommendedClientOptions } from "../../redis/clientOptions.ts";
import type { VerificationTarget } from "../../redis/target.ts";
import type { Endpoint, NodePlan } from "../../topology/topology.ts";

/** The ways in which applications come to a set. Who gets a client disconnects it. */
export class SetClients {
  readonly #target: VerificationTarget;
  readonly #addressing: Addressing;

  constructor(target: VerificationTarget, addressing: Addressing) {
    this.#target = target;
    this.#addressing = addressing;
  }

  /** One that asks the Sentinels who the master is, with the options recommended to applications. */
  throughSentinels(): Redis {
    const { sentinels, dataNodes, masterName, password } = this.#target;
    const natMap = this.#addressing.natMap(dataNodes);
    return new Redis(
      recommendedClientOptions({
        sentinels: sentinels.map((sentinel) => this.#addressing.endpoint(sentinel)),
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
    return this.#addressing.endpoint(node);
  }
}
