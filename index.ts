import { configuredStack } from "./components/configuredStack.ts";
import { RedisHa } from "./components/index.ts";

const { topology: planned, secrets } = configuredStack();
const redis = new RedisHa(planned.name, { topology: planned, ...secrets });

/** The plan, for the checks and for programs that refer to this stack. */
export const topology = redis.topology;
export const masterName = redis.masterName;
export const nodes = redis.nodes;
export const sentinels = redis.sentinels;
export const password = redis.password;
export const commander = redis.commander;
export const metrics = redis.metrics;
/** What applications are started with. */
export const env = redis.environment;
