import type { DeployedSet } from "../topology/outputs.ts";
import type {
  CommanderPlan,
  DataNodePlan,
  ExporterPlan,
  GatewayPlan,
  NodePlan,
  RedisParameters,
  SentinelParameters,
  SentinelPlan,
  Topology,
} from "../topology/topology.ts";

/** The part of the plan with which a verification compares the running set, and the secrets needed to connect. */
export interface VerificationTarget {
  readonly masterName: string;
  readonly dataNodes: readonly DataNodePlan[];
  readonly sentinels: readonly SentinelPlan[];
  readonly sentinelRules: SentinelParameters;
  readonly redisRules: RedisParameters;
  readonly gateways: readonly (GatewayPlan & { readonly password: string })[];
  readonly exporter: (ExporterPlan & { readonly password: string }) | undefined;
  readonly commander: (CommanderPlan & { readonly password: string }) | undefined;
  /** The proxy in front of exporter and Commander; undefined if the set has neither. */
  readonly loginProxy: NodePlan | undefined;
  /** The database that applications use. */
  readonly db: number;
  /** The password of the data nodes and the Sentinels. */
  readonly password: string;
}

/**
 * Combines a plan with the secrets needed to verify the set.
 *
 * @throws Error when the plan has a part with a login whose password is not given, because the part could not be
 *   verified
 */
export function verificationTarget(
  topology: Topology,
  secrets: {
    readonly password: string;
    readonly gatewayPassword?: string;
    readonly exporterPassword?: string;
    readonly commanderPassword?: string;
  },
): VerificationTarget {
  const { masterName, dataNodes, sentinels, sentinelRules, redisRules, gateways, loginProxy } = topology;
  return {
    masterName,
    dataNodes,
    sentinels,
    sentinelRules,
    redisRules,
    gateways: gateways.map((gateway) => withLogin(gateway, "gatewayPassword", secrets.gatewayPassword)),
    exporter: topology.exporter && withLogin(topology.exporter, "exporterPassword", secrets.exporterPassword),
    commander: topology.commander && withLogin(topology.commander, "commanderPassword", secrets.commanderPassword),
    loginProxy,
    db: topology.client.db,
    password: secrets.password,
  };
}

/** A target with only the data nodes and Sentinels of the plan. It needs no other password. */
export function nodesTarget(topology: Topology, password: string): VerificationTarget {
  const nodes = { ...topology, gateways: [], exporter: undefined, commander: undefined, loginProxy: undefined };
  return verificationTarget(nodes, { password });
}

function withLogin<Node extends NodePlan>(
  plan: Node,
  secret: string,
  password: string | undefined,
): Node & { readonly password: string } {
  if (password === undefined) {
    throw new Error(`the set has ${plan.name}, so a verification needs ${secret}`);
  }
  return { ...plan, password };
}

/** The target that a stack's outputs describe. */
export function targetOf({ topology, password, gateway, metrics, commander }: DeployedSet): VerificationTarget {
  return verificationTarget(topology, {
    password,
    ...(gateway === undefined ? {} : { gatewayPassword: gateway.password }),
    ...(metrics === undefined ? {} : { exporterPassword: metrics.password }),
    ...(commander === undefined ? {} : { commanderPassword: commander.password }),
  });
}
