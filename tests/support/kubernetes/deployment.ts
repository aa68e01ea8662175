import { kubectl } from "../../../toolchain/kubernetes/kubectl.ts";
import { prepareEngine } from "../../../toolchain/pulumi/engine.ts";
import { type Configuration, DeployedStack } from "../stacks/deployedStack.ts";
import { type TestCluster, testCluster } from "./cluster.ts";

/** A stack on the tests' own cluster. */
export class KubernetesDeployment extends DeployedStack {
  readonly cluster: TestCluster;
  /** Named as the set. */
  readonly namespace: string;

  private constructor(namespace: string, cluster: TestCluster, environment: NodeJS.ProcessEnv, clone?: string) {
    super(namespace, { environment, clone });
    this.cluster = cluster;
    this.namespace = namespace;
  }

  /**
   * @param configuration with the name of the set, which is that of the stack and of the namespace too
   * @param clone names a second state of the same stack
   */
  static async create(
    configuration: Configuration & { readonly name: string },
    clone?: string,
  ): Promise<KubernetesDeployment> {
    const cluster = await testCluster();
    const environment = await prepareEngine({ ...process.env, KUBECONFIG: cluster.kubeconfig }, ["kubernetes"]);
    const deployment = new KubernetesDeployment(configuration.name, cluster, environment, clone);
    await deployment.initialise(configuration);
    return deployment;
  }

  /** What the cluster's own command says to a question about the set's namespace. */
  ask(...question: readonly string[]): Promise<string> {
    return kubectl(this.cluster, "--namespace", this.namespace, ...question);
  }

  protected override async removeSet(): Promise<void> {
    await kubectl(this.cluster, "delete", "namespace", this.namespace, "--ignore-not-found", "--timeout=120s");
  }
}
