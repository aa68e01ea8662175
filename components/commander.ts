import * as pulumi from "@pulumi/pulumi";
import type { DeclaredWorkload, Host, Workload } from "../hosts/workload.ts";
import { formatEndpoint, hostEndpoint } from "../topology/endpoint.ts";
import type { CommanderPlan, Topology } from "../topology/topology.ts";
import { keptPassword } from "./keptPassword.ts";

export interface RedisCommanderArgs {
  readonly topology: Topology;
  /** Commander's place in the topology. */
  readonly node: CommanderPlan;
  readonly host: Host;
  /** Of the set: Commander logs in to Sentinels and master with it. */
  readonly password: pulumi.Output<string>;
  /** For people who log in to Commander. @default generated once and kept, encrypted, in the state */
  readonly loginPassword?: pulumi.Input<string>;
}

/** Where people look into Redis, and as whom. */
export interface CommanderLogin {
  readonly url: string;
  readonly user: string;
  /** Secret. */
  readonly password: string;
}

/** Where Commander looks for its configuration: its own defaults, then what has the last word. */
const SECRETS_FOLDER = "/etc/redis-ha-secrets";
const OWN_FOLDER = "/redis-commander/config";

/** Milliseconds; it has nothing to lose. */
const STOP_GRACE = 5_000;

/** Redis Commander behind a login: it asks the Sentinels for the master, and follows it through failovers. */
export class RedisCommander extends pulumi.ComponentResource {
  readonly workload: DeclaredWorkload;
  /** Secret. */
  readonly loginPassword: pulumi.Output<string>;
  /** Secret. */
  readonly login: pulumi.Output<CommanderLogin>;

  constructor(name: string, args: RedisCommanderArgs, options?: pulumi.ComponentResourceOptions) {
    super("redis-ha:index:RedisCommander", name, {}, options);
    this.loginPassword = keptPassword(`${name}-password`, args.loginPassword, this);
    const configuration = pulumi
      .all([args.password, this.loginPassword])
      .apply(([password, loginPassword]) => commanderConfiguration(args, password, loginPassword));
    this.workload = args.host.run(commanderWorkload(args.node, configuration), { name, parent: this, after: [] });
    const url = `http://${formatEndpoint(hostEndpoint(args.node))}`;
    this.login = pulumi.secret(this.loginPassword.apply((password) => ({ url, user: args.node.user, password })));
    this.registerOutputs({ id: this.workload.id, login: this.login });
  }
}

function commanderWorkload(node: CommanderPlan, configuration: pulumi.Output<string>): Workload {
  return {
    name: node.name,
    image: "commander",
    command: ["node", "/redis-commander/bin/redis-commander.js"],
    environment: { NODE_ENV: "production", NODE_CONFIG_DIR: `${OWN_FOLDER}:${SECRETS_FOLDER}` },
    files: {},
    secretFiles: { [`${SECRETS_FOLDER}/production.json`]: configuration },
    scratch: [],
    address: node.endpoint.host,
    ports: [{ port: node.endpoint.port, published: node.published }],
    probe: {
      // Its own health check answers the same whatever happens; this one tells that it serves and asks for a login.
      command: [
        "sh",
        "-c",
        `wget -q -O /dev/null http://127.0.0.1:${node.endpoint.port}/connections 2>&1 | grep -q ' 401 '`,
      ],
      interval: 5_000,
      timeout: 3_000,
      retries: 3,
      startPeriod: 30_000,
    },
    size: node.size,
    stopGrace: STOP_GRACE,
  };
}

/**
 * Commander's own configuration file. It takes passwords from there, from arguments or from the environment; only a
 * file is not shown to whoever may inspect the container.
 */
function commanderConfiguration({ topology, node }: RedisCommanderArgs, password: string, login: string): string {
  return JSON.stringify({
    // Saving would need a writable folder, and does not understand that the configuration has two.
    noSave: true,
    noLogData: true,
    redis: { readOnly: node.readOnly },
    server: { port: node.endpoint.port, httpAuth: { username: node.user, password: login } },
    connections: [
      {
        label: topology.name,
        connectionName: "redis-commander",
        sentinels: topology.sentinels.map(({ endpoint }) => endpoint),
        sentinelName: topology.masterName,
        sentinelPassword: password,
        password,
        dbIndex: topology.client.db,
      },
    ],
  });
}
