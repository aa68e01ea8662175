import { Redis } from "ioredis";
import type { Addressing } from "../../redis/addressing.ts";
import { recommendedClientOptions } from "../../redis/clientOptions.ts";
import type { VerificationTarget } from "../../redis/target.ts";
import type { Endpoint, NodePlan } from "../../topology/topology.ts";

/** Makes clients that connect to a set as applications do. The caller has to disconnect each client. */
export class SetClients {
  readonly #target: VerificationTarget;
  readonly #addressing: Addressing;

  constructor(target: VerificationTarget, addressing: Addressing) {
    this.#target = target;
    this.#addressing = addressing;
  }

  /** A client that asks the Sentinels for the master, with the options recommended to applications. */
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

  /** A client with a single address and without timeouts, as in the simplest applications. */
  to(node: NodePlan): Redis {
    const redis = new Redis({ ...this.endpoint(node), password: this.#target.password, disconnectTimeout: 100 });
    // The failed command already reports the error. Without a listener, ioredis would also print it to standard error.
    redis.on("error", () => undefined);
    return redis;
  }

  /**
   * A plain client of the first gateway.
   *
   * @throws Error when the set has no gateway
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
