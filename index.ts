import { configuredStack } from "./components/parts/configuredStack.ts";
import { RedisHa } from "./components/redisHa.ts";

const { topology: planned, secrets } = configuredStack();
const redis = new RedisHa(planned.name, { topology: planned, ...secrets });

/** The plan. The command line and other Pulumi programs read it from this output. */
export const topology = redis.topology;
export const masterName = redis.masterName;
export const nodes = redis.nodes;
export const sentinels = redis.sentinels;
export const password = redis.password;
/** Each of the next three outputs is null if the set does not have that part. */
export const gateway = redis.gateway ?? null;
export const commander = redis.commander ?? null;
export const metrics = redis.metrics ?? null;
/** The environment variables for applications. */
export const env = redis.environment;
