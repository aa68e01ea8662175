import * as pulumi from "@pulumi/pulumi";
import { certificateFile } from "../configs/loginProxy.ts";
import { packagedFile } from "../configs/render.ts";
import type { DeclaredWorkload, Host, Workload } from "../hosts/workload.ts";
import { formatEndpoint, hostEndpoint } from "../topology/endpoint.ts";
import type { CommanderPlan, Topology } from "../topology/topology.ts";
import { listens } from "./parts/listens.ts";
import { passwordOrGenerated } from "./parts/passwordOrGenerated.ts";

export interface RedisCommanderArgs {
  readonly topology: Topology;
  /** Commander's place in the topology. */
  readonly node: CommanderPlan;
  readonly host: Host;
  /** Of the set: Commander logs in to Sentinels and master with it. */
  readonly password: pulumi.Output<string>;
  /** By which it recognises the login proxy; the proxy has the same. */
  readonly certificate: pulumi.Output<string>;
  /** For people, at the login proxy. @default generated once and kept, encrypted, in the state */
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
const GUARD = "accept-login-proxy-only.cjs";
const GUARD_FILE = `/etc/redis-ha/${GUARD}`;

/** Milliseconds; it has nothing to lose. */
const STOP_GRACE = 5_000;

/**
 * Redis Commander behind the login proxy: it asks the Sentinels for the master, and follows it through failovers.
 *
 * With a login of its own, one request without that login ends the process (`POST /signin` with an object as the password,
 * 0.9.0). So Commander accepts no connection but that of the login proxy, which is known by its certificate, and asks for
 * no login of its own: people log in once, at the proxy, and the code at fault does not run.
 */
export class RedisCommander extends pulumi.ComponentResource {
  readonly workload: DeclaredWorkload;
  /** Secret. */
  readonly loginPassword: pulumi.Output<string>;
  /** Secret. */
  readonly login: pulumi.Output<CommanderLogin>;

  constructor(name: string, args: RedisCommanderArgs, options?: pulumi.ComponentResourceOptions) {
    super("redis-ha:index:RedisCommander", name, {}, options);
    this.loginPassword = passwordOrGenerated(`${name}-password`, args.loginPassword, this);
    const configuration = args.password.apply((password) => commanderConfiguration(args, password));
    this.workload = args.host.run(commanderWorkload(args, configuration), { name, parent: this, after: [] });
    const url = `http://${formatEndpoint(hostEndpoint(args.node.access))}`;
    this.login = pulumi.secret(this.loginPassword.apply((password) => ({ url, user: args.node.user, password })));
    this.registerOutputs({ id: this.workload.id, login: this.login });
  }
}

function commanderWorkload({ node, certificate }: RedisCommanderArgs, configuration: pulumi.Output<string>): Workload {
  return {
    name: node.name,
    image: "commander",
    command: ["node", "--require", GUARD_FILE, "/redis-commander/bin/redis-commander.js"],
    environment: {
      NODE_ENV: "production",
      NODE_CONFIG_DIR: `${OWN_FOLDER}:${SECRETS_FOLDER}`,
      LOGIN_PROXY_CERTIFICATE: certificateFile(),
    },
    files: { [GUARD_FILE]: packagedFile(`scripts/${GUARD}`) },
    secretFiles: {
      [`${SECRETS_FOLDER}/production.json`]: configuration,
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
      startPeriod: 30_000,
    },
    size: node.size,
    stopGrace: STOP_GRACE,
  };
}

/**
 * Commander's own configuration file. Commander reads passwords from it, from arguments or from the environment. Only the
 * file is hidden from users who may inspect the container.
 */
function commanderConfiguration({ topology, node }: RedisCommanderArgs, password: string): string {
  return JSON.stringify({
    // Saving would need a writable folder, and does not understand that the configuration has two.
    noSave: true,
    noLogData: true,
    redis: { readOnly: node.readOnly },
    server: { port: node.endpoint.port },
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
