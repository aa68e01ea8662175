import * as pulumi from "@pulumi/pulumi";
import { type LoginProxySecrets, loginProxyFiles, loginProxySecretFiles } from "../configs/loginProxy.ts";
import type { DeclaredWorkload, Host, ScrapeLogin, Workload } from "../hosts/workload.ts";
import { exporterLogin } from "../topology/monitors.ts";
import { guardedParts } from "../topology/nodes.ts";
import type { NodePlan, Topology } from "../topology/topology.ts";
import { secretFiles } from "./parts/secretFiles.ts";

export interface LoginProxyArgs {
  readonly topology: Topology;
  /** The login proxy's place in the topology. */
  readonly node: NodePlan;
  readonly host: Host;
  /** By which the parts behind it recognise it. */
  readonly certificate: pulumi.Output<string>;
  /** Of the exporter's user. Needed when the topology has an exporter. */
  readonly exporterPassword?: pulumi.Output<string> | undefined;
  /** Of Commander's user. Needed when the topology has a Redis Commander. */
  readonly commanderPassword?: pulumi.Output<string> | undefined;
  /** The parts behind it. They come first: in a set of an earlier version they have the ports that the proxy publishes. */
  readonly parts: readonly DeclaredWorkload[];
}

/** Milliseconds; it has nothing to lose. */
const STOP_GRACE = 5_000;

/**
 * The login in front of exporter and Redis Commander, which have none that holds: HAProxy, with a port and a user for
 * each. Without a login it answers 401; an address with too many wrong logins is refused for ten seconds; from the
 * exporter it serves the metrics of the set's own nodes and nothing else.
 *
 * It is one further workload and no part of the gateways: a set may have none of those, and requests of people must not
 * take connections away from clients of Redis. It is not a second process beside each part either, since the official
 * images have no program for it, and a container that shares another's network loses it when that restarts.
 */
export class LoginProxy extends pulumi.ComponentResource {
  readonly workload: DeclaredWorkload;

  constructor(name: string, args: LoginProxyArgs, options?: pulumi.ComponentResourceOptions) {
    super("redis-ha:index:LoginProxy", name, {}, options);
    const after = args.parts.map(({ resource }) => resource);
    this.workload = args.host.run(loginProxyWorkload(args), { name, parent: this, after });
    this.registerOutputs({ id: this.workload.id });
  }
}

function loginProxyWorkload(args: LoginProxyArgs): Workload {
  const { topology, node } = args;
  const { files, command, probe } = loginProxyFiles(topology, node);
  const { certificate, exporterPassword, commanderPassword } = args;
  const secrets = pulumi.output({ certificate, exporterPassword, commanderPassword });
  const standIn: LoginProxySecrets = { certificate: "any", exporterPassword: "any", commanderPassword: "any" };
  const scrapeLogin = scrapeLoginOf(args);
  return {
    name: node.name,
    image: "gateway",
    command,
    environment: {},
    files,
    secretFiles: secretFiles((known) => loginProxySecretFiles(topology, known), secrets, standIn),
    scratch: [],
    ...(scrapeLogin === undefined ? {} : { scrapeLogin }),
    address: node.endpoint.host,
    ports: guardedParts(topology).map(({ access }) => ({ port: access.endpoint.port, published: access.published })),
    probe: { command: probe, interval: 5_000, timeout: 3_000, retries: 3, startPeriod: 10_000 },
    size: node.size,
    stopGrace: STOP_GRACE,
  };
}

function scrapeLoginOf({ topology: { exporter }, exporterPassword }: LoginProxyArgs): ScrapeLogin | undefined {
  return exporter === undefined || exporterPassword === undefined
    ? undefined
    : { name: exporterLogin, user: exporter.user, password: exporterPassword };
}
