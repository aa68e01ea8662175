import { kubectl } from "../../../toolchain/kubernetes/kubectl.ts";
import { prepareEngine } from "../../../toolchain/pulumi/engine.ts";
import { type Configuration, DeployedStack, type StackArgs } from "../stacks/deployedStack.ts";
import { type TestCluster, testCluster } from "./cluster.ts";

export type KubernetesDeploymentOptions = Pick<StackArgs, "program" | "clone">;

/** A stack on the tests' own cluster. */
export class KubernetesDeployment extends DeployedStack {
  readonly cluster: TestCluster;
  /** Has the name of the set. */
  readonly namespace: string;

  private constructor(namespace: string, cluster: TestCluster, args: StackArgs) {
    super(namespace, args);
    this.cluster = cluster;
    this.namespace = namespace;
  }

  /** @param configuration its `name` is the name of the set, the stack and the namespace */
  static async create(
    configuration: Configuration & { readonly name: string },
    options: KubernetesDeploymentOptions = {},
  ): Promise<KubernetesDeployment> {
    const cluster = await testCluster();
    const environment = await prepareEngine({ ...process.env, KUBECONFIG: cluster.kubeconfig }, ["kubernetes"]);
    const deployment = new KubernetesDeployment(configuration.name, cluster, { ...options, environment });
    await deployment.initialise(configuration);
    return deployment;
  }

  /** Runs kubectl in the set's namespace, and returns its output. */
  ask(...question: readonly string[]): Promise<string> {
    return kubectl(this.cluster, "--namespace", this.namespace, ...question);
  }

  protected override async removeSet(): Promise<void> {
    await kubectl(this.cluster, "delete", "namespace", this.namespace, "--ignore-not-found", "--timeout=120s");
  }
}
