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
 *
 * @throws what the program throws
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
    false,
    // That of every backend that knows none.
    "organization",
  );
  pulumi.runtime.setAllConfig({ ...configuration });
  await withoutHooks();
  // The SDK would end the process with what the program throws.
  const failures: unknown[] = [];
  await pulumi.runtime.runInPulumiStack(() => program().catch((error: unknown) => void failures.push(error)));
  // Until then, resources that wait for others may still be on their way.
  await pulumi.runtime.disconnect();
  if (failures.length > 0) {
    throw failures[0];
  }
  return objects;
}

/**
 * Hooks belong to resources that are made. The SDK calls its own server for them until that answers, which must not go
 * on when the connection is closed: it would keep the process from ending, or end it with an error.
 */
async function withoutHooks(): Promise<void> {
  const callbacks = pulumi.runtime.getCallbacks();
  if (callbacks !== undefined) {
    callbacks.registerResourceHook = async () => undefined;
    // What comes back has the server's address, and so comes when it answers.
    await callbacks.registerTransform(async () => undefined);
  }
}
