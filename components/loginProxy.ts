import * as pulumi from "@pulumi/pulumi";
import { type LoginProxySecrets, loginProxyFiles, loginProxySecretFiles } from "../configs/loginProxy.ts";
import type { DeclaredWorkload, Host, ScrapeLogin, Workload } from "../hosts/workload.ts";
import { exporterLogin } from "../topology/monitors.ts";
import { guardedParts } from "../topology/nodes.ts";
import type { NodePlan, Topology } from "../topology/topology.ts";
import { secretFiles } from "./parts/secretFiles.ts";

export interface LoginProxyArgs {
  readonly topology: Topology;
  /** The plan of the login proxy. */
  readonly node: NodePlan;
  readonly host: Host;
  /** The certificate and key by which the parts behind the login proxy authenticate it. */
  readonly certificate: pulumi.Output<string>;
  /** The login password for the exporter. Required if the topology has an exporter. */
  readonly exporterPassword?: pulumi.Output<string> | undefined;
  /** The login password for Redis Commander. Required if the topology has Redis Commander. */
  readonly commanderPassword?: pulumi.Output<string> | undefined;
  /**
   * The parts behind the login proxy. They change first: in a set of an earlier version, these parts publish the ports
   * that the proxy now publishes.
   */
  readonly parts: readonly DeclaredWorkload[];
}

/** Milliseconds. It is short because the login proxy has no data to save. */
const stopGrace = 5_000;

/**
 * The login in front of the exporter and Redis Commander, which have no safe login themselves. It is HAProxy with one
 * port and one user for each part. It answers 401 to a request without a login, refuses an address for ten seconds
 * after too many wrong logins, and forwards to the exporter only requests for the metrics of the set's own nodes.
 *
 * The login proxy is a separate workload for two reasons. It is not part of the gateways, because a set may have no
 * gateways, and because requests of users must not take connections from clients of Redis. It is not a second process
 * in each part's container or network either: the official images contain no program for it, and a container that
 * shares another container's network loses it when that container restarts.
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
  const placeholder: LoginProxySecrets = { certificate: "any", exporterPassword: "any", commanderPassword: "any" };
  const scrapeLogin = scrapeLoginOf(args);
  return {
    name: node.name,
    image: "gateway",
    command,
    environment: {},
    files,
    secretFiles: secretFiles((known) => loginProxySecretFiles(topology, known), secrets, placeholder),
    scratch: [],
    ...(scrapeLogin === undefined ? {} : { scrapeLogin }),
    address: node.endpoint.host,
    ports: guardedParts(topology).map(({ access }) => ({ port: access.endpoint.port, published: access.published })),
    probe: { command: probe, interval: 5_000, timeout: 3_000, retries: 3, startPeriod: 10_000 },
    size: node.size,
    stopGrace,
  };
}

function scrapeLoginOf({ topology: { exporter }, exporterPassword }: LoginProxyArgs): ScrapeLogin | undefined {
  return exporter === undefined || exporterPassword === undefined
    ? undefined
    : { name: exporterLogin, user: exporter.user, password: exporterPassword };
}
