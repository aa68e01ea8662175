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
  /** The plan of Redis Commander. */
  readonly node: CommanderPlan;
  readonly host: Host;
  /** The password of the set. Redis Commander logs in to the Sentinels and the master with it. */
  readonly password: pulumi.Output<string>;
  /**
   * The certificate and key that Redis Commander shares with the login proxy, and by which it authenticates the proxy.
   */
  readonly certificate: pulumi.Output<string>;
  /** The password for users at the login proxy. @default generated once and kept in the state, encrypted */
  readonly loginPassword?: pulumi.Input<string>;
}

/** The URL and login of Redis Commander. */
export interface CommanderLogin {
  readonly url: string;
  readonly user: string;
  /** Secret. */
  readonly password: string;
}

/** Redis Commander reads its configuration from two folders: its own defaults, and the secrets, which override them. */
const secretsFolder = "/etc/redis-ha-secrets";
const ownFolder = "/redis-commander/config";
const guard = "accept-login-proxy-only.cjs";
const guardFile = `/etc/redis-ha/${guard}`;

/** Milliseconds. It is short because there is no data to save. */
const stopGrace = 5_000;

/**
 * Redis Commander behind the login proxy. It asks the Sentinels for the master, and so finds it again after a failover.
 *
 * The login of Redis Commander itself has a defect: one unauthenticated request ends the process (`POST /signin` with
 * an object as the password, 0.9.0). Therefore Redis Commander has no login and accepts connections only from the login
 * proxy, which it authenticates by its certificate. Users log in once, at the proxy, and the defective code does not
 * run.
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
    command: ["node", "--require", guardFile, "/redis-commander/bin/redis-commander.js"],
    environment: {
      NODE_ENV: "production",
      NODE_CONFIG_DIR: `${ownFolder}:${secretsFolder}`,
      LOGIN_PROXY_CERTIFICATE: certificateFile(),
    },
    files: { [guardFile]: packagedFile(`scripts/${guard}`) },
    secretFiles: {
      [`${secretsFolder}/production.json`]: configuration,
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
      startPeriod: 30_000,
    },
    size: node.size,
    stopGrace,
  };
}

/**
 * The configuration file of Redis Commander. It could also read passwords from arguments or from the environment, but
 * only a file is hidden from users who may inspect the container.
 */
function commanderConfiguration({ topology, node }: RedisCommanderArgs, password: string): string {
  return JSON.stringify({
    // Redis Commander would save its configuration in one folder, which must be writable. Here it is in two folders.
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
