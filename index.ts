import { configuredStack } from "./components/parts/configuredStack.ts";
import { RedisHa } from "./components/redisHa.ts";

const { topology: planned, secrets } = configuredStack();
const redis = new RedisHa(planned.name, { topology: planned, ...secrets });

/** The plan, for the checks and for programs that refer to this stack. */
export const topology = redis.topology;
export const masterName = redis.masterName;
export const nodes = redis.nodes;
export const sentinels = redis.sentinels;
export const password = redis.password;
/** null where the set has none, and so with Commander and the metrics. */
export const gateway = redis.gateway ?? null;
export const commander = redis.commander ?? null;
export const metrics = redis.metrics ?? null;
/** What applications are started with. */
export const env = redis.environment;
