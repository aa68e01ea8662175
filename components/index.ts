/** The public API of the package: the components, types and errors for Pulumi programs. */

export { VerificationError } from "../checks/report.ts";
export { plannedHost } from "../hosts/plannedHost.ts";
export type { DeclaredWorkload, Host } from "../hosts/workload.ts";
export { type ClientAddressing, type ClientOptions, recommendedClientOptions } from "../redis/clientOptions.ts";
export { ImmutableSettingError } from "../rollout/immutableSettings.ts";
export { PasswordRotationError } from "../rollout/passwordRotation.ts";
export { MissingWorkloadError } from "../rollout/reconcile.ts";
export type { ClientEnvironment } from "../topology/clientEnvironment.ts";
export { type Plan, plan } from "../topology/plan.ts";
export { type Problem, SettingsError } from "../topology/settings/problem.ts";
export { type Settings, type SettingsInput, validateSettings } from "../topology/settings/settings.ts";
export type * from "../topology/topology.ts";
export { type CommanderLogin, RedisCommander, type RedisCommanderArgs } from "./commander.ts";
export { type Metrics, RedisExporter, type RedisExporterArgs } from "./exporter.ts";
export { type GatewayAccess, type ListenerOutput, RedisGateway, type RedisGatewayArgs } from "./gateway.ts";
export { LoginProxy, type LoginProxyArgs } from "./loginProxy.ts";
export { type NodeOutput, RedisHa, type RedisHaArgs } from "./redisHa.ts";
export { RedisMaster, type RedisMasterArgs } from "./redisMaster.ts";
export { RedisReplicas, type RedisReplicasArgs } from "./redisReplicas.ts";
export { RedisSentinels, type RedisSentinelsArgs } from "./sentinels.ts";
export { Verification, type VerificationArgs } from "./verification.ts";
