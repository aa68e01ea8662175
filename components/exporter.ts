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
  /** The plan of the exporter. */
  readonly node: ExporterPlan;
  readonly host: Host;
  /** The password of the set. The exporter logs in to every node with it. */
  readonly password: pulumi.Output<string>;
  /** The certificate and key that the exporter shares with the login proxy, and by which it authenticates the proxy. */
  readonly certificate: pulumi.Output<string>;
  /** The password for Prometheus at the login proxy. @default generated once and kept in the state, encrypted */
  readonly loginPassword?: pulumi.Input<string>;
}

/** The URLs of the metrics and the login for them. */
export interface Metrics {
  readonly url: string;
  readonly user: string;
  /** Secret. */
  readonly password: string;
  /** The URLs to scrape: one for each data node and each Sentinel. */
  readonly targets: readonly { readonly name: string; readonly url: string }[];
}

const passwordFile = "/etc/redis-ha-secrets/exporter-passwords.json";

/** Milliseconds. It is short because there is no data to save. */
const stopGrace = 5_000;

/**
 * One exporter for the whole set. Each request of Prometheus names the node to scrape, as redis_exporter recommends.
 *
 * redis_exporter has no safe login of its own. By default it answers every client, connects to any target that a
 * request names, and lists keys and values if a request has further parameters. It cannot refuse the last two to a user
 * who is logged in, and reads its login password only from its arguments or its environment (1.69 to 1.88). Therefore
 * it accepts connections only from the login proxy, which it authenticates by its certificate. The login proxy forwards
 * only scrapes of the set's own nodes. A separate network is not sufficient: on Linux every user of the Docker host can
 * connect to the address of every container.
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
      // Without a default address, /metrics has only the exporter's own metrics, and no node is counted twice.
      "--redis.addr=",
      `--redis.password-file=${passwordFile}`,
      `--web.listen-address=:${node.endpoint.port}`,
      // Prometheus' scrape timeout is 10 s. A shorter timeout reports an unreachable node before Prometheus gives up.
      "--connection-timeout=3s",
      // Requires a client certificate of this authority. The shared certificate is its own authority.
      `--tls-server-cert-file=${certificateFile()}`,
      `--tls-server-key-file=${certificateFile()}`,
      `--tls-server-ca-cert-file=${certificateFile()}`,
      // A second safeguard: the login proxy forwards no request for keys, and the exporter never exports values.
      "--disable-exporting-key-values",
    ],
    environment: {},
    files: {},
    secretFiles: {
      [passwordFile]: password.apply((secret) => passwords(topology, secret)),
      [certificateFile()]: certificate,
    },
    scratch: [],
    address: node.endpoint.host,
    // Not published: the login proxy publishes a port that leads here.
    ports: [{ port: node.endpoint.port }],
    probe: {
      command: listens(node.endpoint.port),
      interval: 5_000,
      timeout: 3_000,
      retries: 3,
      startPeriod: 10_000,
    },
    size: node.size,
    stopGrace,
  };
}

/**
 * The exporter's password file: a JSON object of URLs and passwords. It limits the password to the set's nodes. The
 * exporter would send a password in its settings to any target that a request names.
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
