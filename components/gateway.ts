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
  /** The password of the set. A gateway asks every node for its role and every Sentinel for the master's address. */
  readonly password: pulumi.Output<string>;
  /** The password of the statistics page. @default generated once and kept in the state, encrypted */
  readonly statisticsPassword?: pulumi.Input<string>;
}

/** The addresses for clients without Sentinel support, and the URLs and login of the statistics pages. */
export interface GatewayAccess {
  readonly gateways: readonly {
    readonly name: string;
    /** Leads to the master. */
    readonly writes: ListenerOutput;
    /** Leads to the replicas that are in sync. */
    readonly reads: ListenerOutput;
    /** The statistics page, which requires the login. */
    readonly statisticsUrl: string;
    /** The metrics for Prometheus, without a login. */
    readonly metricsUrl: string;
  }[];
  readonly user: string;
  /** Secret. */
  readonly password: string;
}

export interface ListenerOutput {
  /** The address inside the set's network. */
  readonly address: string;
  readonly port: number;
  /** The address on the machine that runs the gateway. */
  readonly published: Endpoint;
}

/** Milliseconds. It is short because a gateway has no data to save and closes its connections at once. */
const stopGrace = 5_000;

/**
 * The gateways: HAProxy in front of the set, for clients that connect to one address and do not support Sentinel. They
 * change one at a time, so that an update never stops all of them.
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

/**
 * True if another gateway runs. The next change could stop that gateway, so the update must wait for the changed one.
 */
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
    stopGrace,
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
