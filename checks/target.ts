import type {
  CommanderPlan,
  DataNodePlan,
  NodePlan,
  RedisRules,
  SentinelPlan,
  SentinelRules,
  Topology,
} from "../topology/topology.ts";

/** What a verification compares the running set with: the facts of the plan, and the secrets to get in. */
export interface VerificationTarget {
  readonly masterName: string;
  readonly dataNodes: readonly DataNodePlan[];
  readonly sentinels: readonly SentinelPlan[];
  readonly sentinelRules: SentinelRules;
  readonly redisRules: RedisRules;
  readonly exporter: NodePlan | undefined;
  readonly commander: (CommanderPlan & { readonly password: string }) | undefined;
  /** The database that applications use. */
  readonly db: number;
  /** Of the data nodes and of the Sentinels. */
  readonly password: string;
}

/**
 * @throws Error when the plan has a Commander and its password is missing: what cannot be logged into cannot be verified.
 */
export function verificationTarget(
  topology: Topology,
  secrets: { readonly password: string; readonly commanderPassword?: string },
): VerificationTarget {
  const { masterName, dataNodes, sentinels, sentinelRules, redisRules, exporter } = topology;
  return {
    masterName,
    dataNodes,
    sentinels,
    sentinelRules,
    redisRules,
    exporter,
    commander: commanderTarget(topology.commander, secrets.commanderPassword),
    db: topology.client.db,
    password: secrets.password,
  };
}

function commanderTarget(
  plan: CommanderPlan | undefined,
  password: string | undefined,
): VerificationTarget["commander"] {
  if (plan === undefined) {
    return undefined;
  }
  if (password === undefined) {
    throw new Error(`the set has ${plan.name}, so its verification needs commanderPassword`);
  }
  return { ...plan, password };
}
