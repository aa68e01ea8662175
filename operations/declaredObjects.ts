import * as pulumi from "@pulumi/pulumi";

/** An object as the Kubernetes API takes it. */
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
 * What a Pulumi program would have on Kubernetes, without an engine, a provider or a cluster: resources are taken down
 * as they are declared, and never made. An object that Pulumi would name gets the name of its resource.
 *
 * A process can do this once.
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
        throw new Error(`the program asks a provider for ${token}`);
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
  );
  pulumi.runtime.setAllConfig({ ...configuration });
  // Hooks belong to resources that are made.
  const callbacks = pulumi.runtime.getCallbacks();
  if (callbacks !== undefined) {
    callbacks.registerResourceHook = async () => undefined;
  }
  await pulumi.runtime.runInPulumiStack(program);
  // Until then, resources that wait for others may still be on their way.
  await pulumi.runtime.disconnect();
  return objects;
}
