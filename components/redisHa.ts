import * as pulumi from "@pulumi/pulumi";
import { plannedHost } from "../hosts/plannedHost.ts";
import type { DeclaredWorkload, Host } from "../hosts/workload.ts";
import { type ClientEnvironment, clientEnvironment } from "../topology/clientEnvironment.ts";
import { type SettingsInput, validateSettings } from "../topology/settings/settings.ts";
import type { Endpoint, NodePlan, Topology } from "../topology/topology.ts";
import { type CommanderLogin, RedisCommander } from "./commander.ts";
import { type Metrics, RedisExporter } from "./exporter.ts";
import { type GatewayAccess, RedisGateway } from "./gateway.ts";
import { LoginProxy } from "./loginProxy.ts";
import { keptIdentity } from "./parts/keptIdentity.ts";
import { keptSecret, passwordOrGenerated } from "./parts/passwordOrGenerated.ts";
import { plannedTopology } from "./parts/plannedTopology.ts";
import { recordDeployment } from "./parts/recordedDeployment.ts";
import { RestartOrder } from "./parts/restartOrder.ts";
import { selfSignedCertificate } from "./parts/selfSignedCertificate.ts";
import { RedisMaster } from "./redisMaster.ts";
import { RedisReplicas } from "./redisReplicas.ts";
import { RedisSentinels } from "./sentinels.ts";
import { Verification } from "./verification.ts";

/** The arguments of a set: either its settings, or a plan that was made from settings. */
export type RedisHaArgs = CommonArgs &
  (
    | { readonly settings: SettingsInput; readonly topology?: undefined }
    | { readonly topology: Topology; readonly settings?: undefined }
  );

interface CommonArgs {
  /** The password of the data nodes and Sentinels. @default generated once and kept in the state, encrypted */
  readonly password?: pulumi.Input<string>;
  /** The password of the gateways' statistics page. @default generated once and kept in the state, encrypted */
  readonly gatewayPassword?: pulumi.Input<string>;
  /** The login password for Prometheus. @default generated once and kept in the state, encrypted */
  readonly exporterPassword?: pulumi.Input<string>;
  /** The login password for Redis Commander. @default generated once and kept in the state, encrypted */
  readonly commanderPassword?: pulumi.Input<string>;
  /**
   * The host that runs the set.
   *
   * @default the plan's target: a network on the Docker engine, or a namespace of Kubernetes
   */
  readonly host?: Host;
}

/** The addresses of a node. */
export interface NodeOutput {
  readonly name: string;
  /** The address inside the set's network. */
  readonly address: string;
  readonly port: number;
  /** The address on the machine that runs the node. */
  readonly published: Endpoint;
}

/**
 * A complete set: master, replicas, Sentinels, gateways, metrics exporter, Redis Commander and the login proxy in front
 * of the last two. It includes the verification: an update fails if the set does not work.
 *
 * @throws pulumi.RunError with all problems of the settings
 *
 * @example
 * const sessions = new RedisHa("sessions", { settings: { replicas: 3, size: "recommended" } });
 * export const environment = sessions.environment;
 */
export class RedisHa extends pulumi.ComponentResource {
  readonly topology: Topology;
  readonly masterName: string;
  readonly nodes: readonly NodeOutput[];
  readonly sentinels: readonly NodeOutput[];
  /** Secret. */
  readonly password: pulumi.Output<string>;
  /** Secret. Undefined if the set has no gateways. */
  readonly gateway: pulumi.Output<GatewayAccess> | undefined;
  /** Secret. Undefined if the set has no Redis Commander. */
  readonly commander: pulumi.Output<CommanderLogin> | undefined;
  /** Secret. Undefined if the set has no exporter. */
  readonly metrics: pulumi.Output<Metrics> | undefined;
  /** The environment variables for applications. Secret. */
  readonly environment: pulumi.Output<ClientEnvironment>;

  constructor(name: string, args: RedisHaArgs, options?: pulumi.ComponentResourceOptions) {
    super("redis-ha:index:RedisHa", name, {}, options);
    const topology = args.topology ?? topologyOf(name, args.settings);
    const parent = { parent: this };
    this.topology = topology;
    const identity = keptIdentity(`${name}-identity`, this);
    const password = passwordOrGenerated(`${name}-password`, args.password, this);
    const deployment = recordDeployment(`${name}-deployment`, { topology, password, host: () => host }, this);
    this.password = deployment.password;
    // The record of the deployment may refuse the update. The network and addresses must not change before that.
    const host: Host =
      args.host ?? plannedHost(name, topology, identity, { ...parent, dependsOn: [deployment.resource] });
    const shared = { topology, host, password: this.password };

    const order = new RestartOrder(topology, this.password, host);
    const master = new RedisMaster(`${name}-master`, { ...shared, order }, parent);
    const replicas = new RedisReplicas(`${name}-replicas`, { ...shared, order }, parent);
    const sentinels = new RedisSentinels(`${name}-sentinels`, shared, parent);
    const gateway = this.#declareGateway(name, shared, args.gatewayPassword);
    const guarded = this.#declareGuardedParts(name, shared, args);
    const { exporter, commander } = guarded;

    new Verification(
      `${name}-verification`,
      {
        topology,
        host,
        password: this.password,
        ...(gateway === undefined ? {} : { gatewayPassword: gateway.statisticsPassword }),
        ...(exporter === undefined ? {} : { exporterPassword: exporter.loginPassword }),
        ...(commander === undefined ? {} : { commanderPassword: commander.loginPassword }),
        workloads: [
          master.workload,
          ...replicas.workloads,
          ...sentinels.workloads,
          ...(gateway?.workloads ?? []),
          ...guarded.workloads,
        ],
      },
      parent,
    );

    this.masterName = topology.masterName;
    this.nodes = topology.dataNodes.map(nodeOutput);
    this.sentinels = topology.sentinels.map(nodeOutput);
    this.gateway = gateway?.access;
    this.commander = commander?.login;
    this.metrics = exporter?.metrics;
    this.environment = pulumi.secret(this.password.apply((password) => clientEnvironment(topology, password)));
    this.registerOutputs({
      masterName: this.masterName,
      nodes: this.nodes,
      sentinels: this.sentinels,
      password: this.password,
      gateway: this.gateway,
      commander: this.commander,
      metrics: this.metrics,
      environment: this.environment,
    });
  }

  #declareGateway(
    name: string,
    shared: SharedArgs,
    password: pulumi.Input<string> | undefined,
  ): RedisGateway | undefined {
    return shared.topology.gateways.length === 0
      ? undefined
      : new RedisGateway(
          `${name}-gateway`,
          { ...shared, ...(password === undefined ? {} : { statisticsPassword: password }) },
          { parent: this },
        );
  }

  /** Declares the exporter, Redis Commander, and the login proxy in front of them. */
  #declareGuardedParts(name: string, shared: SharedArgs, args: RedisHaArgs): GuardedParts {
    const { topology, host } = shared;
    const node = topology.loginProxy;
    if (node === undefined) {
      return { exporter: undefined, commander: undefined, workloads: [] };
    }
    const certificate = keptSecret(`${name}-login-proxy-certificate`, selfSignedCertificate(topology.name), this);
    const exporter = this.#declareExporter(name, { ...shared, certificate }, args.exporterPassword);
    const commander = this.#declareCommander(name, { ...shared, certificate }, args.commanderPassword);
    const parts = [exporter, commander].flatMap((part) => (part === undefined ? [] : [part.workload]));
    const proxy = new LoginProxy(
      `${name}-login-proxy`,
      {
        topology,
        node,
        host,
        certificate,
        exporterPassword: exporter?.loginPassword,
        commanderPassword: commander?.loginPassword,
        parts,
      },
      { parent: this },
    );
    return { exporter, commander, workloads: [...parts, proxy.workload] };
  }

  #declareExporter(
    name: string,
    shared: GuardedArgs,
    password: pulumi.Input<string> | undefined,
  ): RedisExporter | undefined {
    return shared.topology.exporter === undefined
      ? undefined
      : new RedisExporter(
          `${name}-exporter`,
          {
            ...shared,
            node: shared.topology.exporter,
            ...(password === undefined ? {} : { loginPassword: password }),
          },
          { parent: this },
        );
  }

  #declareCommander(
    name: string,
    shared: GuardedArgs,
    password: pulumi.Input<string> | undefined,
  ): RedisCommander | undefined {
    return shared.topology.commander === undefined
      ? undefined
      : new RedisCommander(
          `${name}-commander`,
          {
            ...shared,
            node: shared.topology.commander,
            ...(password === undefined ? {} : { loginPassword: password }),
          },
          { parent: this },
        );
  }
}

interface SharedArgs {
  readonly topology: Topology;
  readonly host: Host;
  readonly password: pulumi.Output<string>;
}

interface GuardedArgs extends SharedArgs {
  readonly certificate: pulumi.Output<string>;
}

interface GuardedParts {
  readonly exporter: RedisExporter | undefined;
  readonly commander: RedisCommander | undefined;
  readonly workloads: readonly DeclaredWorkload[];
}

/** Plans the set. Its name is the component's name, unless the settings contain one. */
function topologyOf(name: string, settings: SettingsInput): Topology {
  return plannedTopology(() => ({ settings: validateSettings({ name, ...settings }) })).topology;
}

function nodeOutput(node: NodePlan): NodeOutput {
  return { name: node.name, address: node.endpoint.host, port: node.endpoint.port, published: node.published };
}
