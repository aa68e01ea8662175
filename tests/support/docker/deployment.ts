import { dockerEngine } from "../../../hosts/docker/engine.ts";
import { prepareDocker } from "../../../toolchain/docker/docker.ts";
import { prepareEngine } from "../../../toolchain/pulumi/engine.ts";
import { type Configuration, DeployedStack } from "../stacks/deployedStack.ts";
import { SetOnDocker } from "./setOnDocker.ts";

export { type CommandResult, type Configuration, projectRoot } from "../stacks/deployedStack.ts";

export interface DeploymentOptions {
  /** The folder of the Pulumi program's Pulumi.yaml. @default the project itself */
  readonly program?: string;
  /** @default the Docker daemon of this machine */
  readonly daemon?: {
    /** Such as `unix:///run/other/docker.sock`. */
    readonly address: string;
    /** A command prefix that runs a command in the daemon's network namespace, such as `nsenter --net=…`. */
    readonly entrance: readonly string[];
  };
  /** A command prefix that runs `pulumi` elsewhere. @default the prefix of the daemon, or none */
  readonly entrance?: readonly string[];
  /** Names a second state of the same stack, as another clone of the project has it. `dispose` then keeps the set. */
  readonly clone?: string;
}

/** A stack on the real Docker daemon. */
export class Deployment extends DeployedStack {
  readonly onDocker: SetOnDocker;

  private constructor(stack: string, set: string, environment: NodeJS.ProcessEnv, options: DeploymentOptions) {
    super(stack, {
      program: options.program,
      environment,
      entrance: options.entrance ?? options.daemon?.entrance,
      clone: options.clone,
    });
    this.onDocker = new SetOnDocker(dockerEngine(environment["DOCKER_HOST"]), set);
  }

  /** @param configuration its `name` is the name of the set, by default the name of the stack */
  static async create(
    stack: string,
    configuration: Configuration,
    options: DeploymentOptions = {},
  ): Promise<Deployment> {
    const given = options.daemon === undefined ? {} : { DOCKER_HOST: options.daemon.address };
    const environment = await prepareDocker(await prepareEngine({ ...process.env, ...given }));
    const deployment = new Deployment(stack, String(configuration["name"] ?? stack), environment, options);
    await deployment.initialise(configuration);
    return deployment;
  }

  protected override async removeSet(): Promise<void> {
    await this.onDocker.remove();
  }
}
