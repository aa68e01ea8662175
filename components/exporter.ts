import * as pulumi from "@pulumi/pulumi";
import type { DeclaredWorkload, Host, Workload } from "../hosts/workload.ts";
import { formatEndpoint, hostEndpoint } from "../topology/endpoint.ts";
import { metricsTargets } from "../topology/metricsTargets.ts";
import type { NodePlan, Topology } from "../topology/topology.ts";

export interface RedisExporterArgs {
  readonly topology: Topology;
  /** The exporter's place in the topology. */
  readonly node: NodePlan;
  readonly host: Host;
  /** Of the set: the exporter logs in to every node with it. */
  readonly password: pulumi.Output<string>;
}

/** Where Prometheus finds the metrics. */
export interface Metrics {
  readonly url: string;
  /** One URL to scrape for each data node and each Sentinel. */
  readonly targets: readonly { readonly name: string; readonly url: string }[];
}

const PASSWORD_FILE = "/etc/redis-ha-secrets/exporter-passwords.json";

/** Milliseconds; it has nothing to lose. */
const STOP_GRACE = 5_000;

/** One exporter for the whole set: Prometheus names the node it wants to know about, as redis_exporter recommends. */
export class RedisExporter extends pulumi.ComponentResource {
  readonly workload: DeclaredWorkload;
  readonly metrics: Metrics;

  constructor(name: string, args: RedisExporterArgs, options?: pulumi.ComponentResourceOptions) {
    super("redis-ha:index:RedisExporter", name, {}, options);
    this.workload = args.host.run(exporterWorkload(args), { name, parent: this, after: [] });
    this.metrics = metricsOf(args);
    this.registerOutputs({ id: this.workload.id, metrics: this.metrics });
  }
}

function exporterWorkload({ topology, node, password }: RedisExporterArgs): Workload {
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
    ],
    environment: {},
    files: {},
    secretFiles: { [PASSWORD_FILE]: password.apply((secret) => passwords(topology, secret)) },
    scratch: [],
    address: node.endpoint.host,
    ports: [{ port: node.endpoint.port, published: node.published }],
    probe: {
      command: ["wget", "-q", "-O", "/dev/null", `http://127.0.0.1:${node.endpoint.port}/health`],
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

function metricsOf({ topology, node }: RedisExporterArgs): Metrics {
  const base = `http://${formatEndpoint(hostEndpoint(node))}`;
  return {
    url: `${base}/metrics`,
    targets: metricsTargets(topology).map(({ name, target }) => ({ name, url: `${base}/scrape?target=${target}` })),
  };
}
