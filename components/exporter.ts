import * as pulumi from "@pulumi/pulumi";
import { certificateFile } from "../configs/loginProxy.ts";
import type { DeclaredWorkload, Host, Workload } from "../hosts/workload.ts";
import { formatEndpoint, hostEndpoint } from "../topology/endpoint.ts";
import { metricsTargets } from "../topology/metricsTargets.ts";
import type { ExporterPlan, Topology } from "../topology/topology.ts";
import { listens } from "./parts/listens.ts";
import { passwordOrGenerated } from "./parts/passwordOrGenerated.ts";

export interface RedisExporterArgs {
  readonly topology: Topology;
  /** The exporter's place in the topology. */
  readonly node: ExporterPlan;
  readonly host: Host;
  /** Of the set: the exporter logs in to every node with it. */
  readonly password: pulumi.Output<string>;
  /** By which it recognises the login proxy; the proxy has the same. */
  readonly certificate: pulumi.Output<string>;
  /** For Prometheus, at the login proxy. @default generated once and kept, encrypted, in the state */
  readonly loginPassword?: pulumi.Input<string>;
}

/** Where Prometheus finds the metrics, and by which login. */
export interface Metrics {
  readonly url: string;
  readonly user: string;
  /** Secret. */
  readonly password: string;
  /** One URL to scrape for each data node and each Sentinel. */
  readonly targets: readonly { readonly name: string; readonly url: string }[];
}

const PASSWORD_FILE = "/etc/redis-ha-secrets/exporter-passwords.json";

/** Milliseconds; it has nothing to lose. */
const STOP_GRACE = 5_000;

/**
 * One exporter for the whole set: Prometheus names the node it wants to know about, as redis_exporter recommends.
 *
 * redis_exporter answers everybody, connects to any target that a request names, and lists keys and their values for
 * further parameters of a request. It cannot refuse the last two to a user who is logged in, and takes a password from
 * its arguments or its environment only (1.69 to 1.88). So it accepts no connection but that of the login proxy, which is
 * known by its certificate, and the login proxy passes on nothing but a scrape of one of the set's own nodes. A network
 * of its own would not do: on Linux every user of the Docker host reaches every container's address.
 */
export class RedisExporter extends pulumi.ComponentResource {
  readonly workload: DeclaredWorkload;
  /** Secret. */
  readonly loginPassword: pulumi.Output<string>;
  /** Secret. */
  readonly metrics: pulumi.Output<Metrics>;

  constructor(name: string, args: RedisExporterArgs, options?: pulumi.ComponentResourceOptions) {
    super("redis-ha:index:RedisExporter", name, {}, options);
    this.loginPassword = passwordOrGenerated(`${name}-password`, args.loginPassword, this);
    this.workload = args.host.run(exporterWorkload(args), { name, parent: this, after: [] });
    this.metrics = pulumi.secret(this.loginPassword.apply((password) => metricsOf(args, password)));
    this.registerOutputs({ id: this.workload.id, metrics: this.metrics });
  }
}

function exporterWorkload({ topology, node, password, certificate }: RedisExporterArgs): Workload {
  return {
    name: node.name,
    image: "exporter",
    command: [
      "/redis_exporter",
      // Without an address of its own /metrics shows the exporter alone: no node is counted twice.
      "--redis.addr=",
      `--redis.password-file=${PASSWORD_FILE}`,
      `--web.listen-address=:${node.endpoint.port}`,
      // An unreachable node is told from a slow one well within Prometheus' scrape timeout of 10 s.
      "--connection-timeout=3s",
      // Without a client certificate of this authority, which is the shared certificate itself, no request is read.
      `--tls-server-cert-file=${certificateFile()}`,
      `--tls-server-key-file=${certificateFile()}`,
      `--tls-server-ca-cert-file=${certificateFile()}`,
      // The login proxy lets no request for keys through; no value would be shown to it either.
      "--disable-exporting-key-values",
    ],
    environment: {},
    files: {},
    secretFiles: {
      [PASSWORD_FILE]: password.apply((secret) => passwords(topology, secret)),
      [certificateFile()]: certificate,
    },
    scratch: [],
    address: node.endpoint.host,
    // The login proxy publishes a port that leads here.
    ports: [{ port: node.endpoint.port }],
    probe: {
      command: listens(node.endpoint.port),
      interval: 5_000,
      timeout: 3_000,
      retries: 3,
      startPeriod: 10_000,
    },
    size: node.size,
    stopGrace: STOP_GRACE,
  };
}

/**
 * The exporter's own format: a JSON object of each node's URL and password. A password in its settings instead would be
 * sent to whatever target a caller names.
 */
function passwords(topology: Topology, password: string): string {
  return JSON.stringify(Object.fromEntries(metricsTargets(topology).map(({ target }) => [target, password])));
}

function metricsOf({ topology, node }: RedisExporterArgs, password: string): Metrics {
  const base = `http://${formatEndpoint(hostEndpoint(node.access))}`;
  return {
    url: `${base}/metrics`,
    user: node.user,
    password,
    targets: metricsTargets(topology).map(({ name, target }) => ({ name, url: `${base}/scrape?target=${target}` })),
  };
}
