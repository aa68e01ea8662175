import * as pulumi from "@pulumi/pulumi";
import { gatewayFiles, gatewaySecretFiles } from "../configs/haproxy.ts";
import type { DeclaredWorkload, Host, Workload } from "../hosts/workload.ts";
import { formatEndpoint, hostEndpoint } from "../topology/endpoint.ts";
import type { Endpoint, GatewayPlan, Listener, Topology } from "../topology/topology.ts";
import { oneAfterAnother } from "./parts/oneAfterAnother.ts";
import { passwordOrGenerated } from "./parts/passwordOrGenerated.ts";
import { secretFiles } from "./parts/secretFiles.ts";

export interface RedisGatewayArgs {
  readonly topology: Topology;
  readonly host: Host;
  /** Of the set: a gateway asks every node for its role, and every Sentinel for the master's address. */
  readonly password: pulumi.Output<string>;
  /** For people who look at the statistics page. @default generated once and kept, encrypted, in the state */
  readonly statisticsPassword?: pulumi.Input<string>;
}

/** Where clients that do not speak Sentinel connect to, and where people see how the gateways are. */
export interface GatewayAccess {
  readonly gateways: readonly {
    readonly name: string;
    /** Leads to the master. */
    readonly writes: ListenerOutput;
    /** Leads to the replicas in sync. */
    readonly reads: ListenerOutput;
    /** The page for people; `/metrics` beside it is for Prometheus and asks for no login. */
    readonly statisticsUrl: string;
    readonly metricsUrl: string;
  }[];
  readonly user: string;
  /** Secret. */
  readonly password: string;
}

export interface ListenerOutput {
  /** Inside the set's network. */
  readonly address: string;
  readonly port: number;
  /** On the machine that runs it. */
  readonly published: Endpoint;
}

/** Milliseconds; a gateway has nothing to write to disk, and closes its connections at once. */
const STOP_GRACE = 5_000;

/**
 * The gateways: HAProxy in front of the set, for clients that know one address and no Sentinels. One comes after the
 * other, so that a change never takes all of them away.
 */
export class RedisGateway extends pulumi.ComponentResource {
  readonly workloads: readonly DeclaredWorkload[];
  /** Secret. */
  readonly statisticsPassword: pulumi.Output<string>;
  /** Secret. */
  readonly access: pulumi.Output<GatewayAccess>;

  constructor(name: string, args: RedisGatewayArgs, options?: pulumi.ComponentResourceOptions) {
    super("redis-ha:index:RedisGateway", name, {}, options);
    const { topology, host } = args;
    this.statisticsPassword = passwordOrGenerated(`${name}-password`, args.statisticsPassword, this);
    const passwords = pulumi
      .all([args.password, this.statisticsPassword])
      .apply(([redis, statistics]): Passwords => ({ redis, statistics }));
    this.workloads = oneAfterAnother(
      host,
      topology.gateways.map((gateway) => gatewayWorkload(topology, gateway, passwords)),
      { name, parent: this, after: [] },
      (changed) => anotherRuns(host, topology.gateways, changed),
    );
    this.access = pulumi.secret(this.statisticsPassword.apply((password) => accessOf(topology.gateways, password)));
    this.registerOutputs({ ids: this.workloads.map(({ id }) => id), access: this.access });
  }
}

/** Whether another gateway runs, which the next turn could take away. */
async function anotherRuns(host: Host, gateways: readonly GatewayPlan[], changed: string): Promise<boolean> {
  const others = new Set(gateways.map(({ name }) => name).filter((name) => name !== changed));
  return (await host.existing()).some(({ name, running }) => running && others.has(name));
}

interface Passwords {
  readonly redis: string;
  readonly statistics: string;
}

function gatewayWorkload(topology: Topology, gateway: GatewayPlan, passwords: pulumi.Output<Passwords>): Workload {
  const { files, command, probe } = gatewayFiles(topology, gateway);
  return {
    name: gateway.name,
    image: "gateway",
    command,
    environment: {},
    files,
    secretFiles: secretFiles(({ redis, statistics }) => gatewaySecretFiles(gateway, redis, statistics), passwords, {
      redis: "any",
      statistics: "any",
    }),
    scratch: [],
    address: gateway.endpoint.host,
    ports: listenersOf(gateway).map(({ endpoint, published }) => ({ port: endpoint.port, published })),
    probe: { command: probe, interval: 5_000, timeout: 3_000, retries: 3, startPeriod: 30_000 },
    size: gateway.size,
    stopGrace: STOP_GRACE,
  };
}

function accessOf(gateways: readonly GatewayPlan[], password: string): GatewayAccess {
  return {
    gateways: gateways.map((gateway) => {
      const statistics = `http://${formatEndpoint(hostEndpoint(gateway.statistics))}`;
      return {
        name: gateway.name,
        writes: listenerOutput(gateway),
        reads: listenerOutput(gateway.reads),
        statisticsUrl: `${statistics}/`,
        metricsUrl: `${statistics}/metrics`,
      };
    }),
    user: gateways[0]?.user ?? "",
    password,
  };
}

function listenersOf(gateway: GatewayPlan): readonly Listener[] {
  return [gateway, gateway.reads, gateway.statistics];
}

function listenerOutput({ endpoint, published }: Listener): ListenerOutput {
  return { address: endpoint.host, port: endpoint.port, published };
}
