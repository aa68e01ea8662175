import * as pulumi from "@pulumi/pulumi";

/** An object in the format of the Kubernetes API. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/**
 * Collects the Kubernetes objects that a Pulumi program declares, without an engine, a provider or a cluster. Resources
 * are recorded and never created. An object whose name Pulumi would generate gets the name of its resource.
 *
 * Can be called only once in a process.
 *
 * @throws the error that the program throws
 */
export async function declaredObjects(
  configuration: Readonly<Record<string, string>>,
  project: string,
  stack: string,
  program: () => Promise<unknown>,
): Promise<readonly KubernetesObject[]> {
  const objects: KubernetesObject[] = [];
  await pulumi.runtime.setMocks(
    {
      call: ({ token }) => {
        throw new Error(`the program calls the provider function ${token}, which needs a provider`);
      },
      newResource: ({ type, name, inputs }) => {
        const named = { ...inputs, metadata: { name, ...inputs["metadata"] } };
        if (/^kubernetes:(?!.*:Provider$)/.test(type)) {
          objects.push(named as unknown as KubernetesObject);
        }
        return { id: name, state: { ...named, output: inputs["input"] } };
      },
    },
    project,
    stack,
    false,
    // The name that backends without organizations use.
    "organization",
  );
  pulumi.runtime.setAllConfig({ ...configuration });
  await withoutHooks();
  // Errors are caught inside the program, because the SDK ends the process with an uncaught one.
  const failures: unknown[] = [];
  await pulumi.runtime.runInPulumiStack(() => program().catch((error: unknown) => void failures.push(error)));
  // Waits for resources that depend on others and so are declared late.
  await pulumi.runtime.disconnect();
  if (failures.length > 0) {
    throw failures[0];
  }
  return objects;
}

/**
 * Disables hooks, which only run when resources are created. To register a hook, the SDK calls its own server until the
 * server answers. Such a call must not outlast the connection: it would keep the process from ending, or end it with an
 * error.
 */
async function withoutHooks(): Promise<void> {
  const callbacks = pulumi.runtime.getCallbacks();
  if (callbacks !== undefined) {
    callbacks.registerResourceHook = async () => undefined;
    // Resolves with the server's address, and so only when the server answers.
    await callbacks.registerTransform(async () => undefined);
  }
}
