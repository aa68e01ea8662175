import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump, load } from "js-yaml";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { manifestsOf } from "../../operations/commands/manifests.ts";
import { kubectl } from "../../toolchain/kubernetes/kubectl.ts";
import { noCluster, type TestCluster, testCluster } from "../support/kubernetes/cluster.ts";
import { rawConfiguration } from "../support/unit/stackFile.ts";

/** The addresses of the stacks' Services, and addresses of the tests' cluster that replace them. */
const addresses = { planned: "10.96.0.", here: "10.101.1." };

/**
 * The API server checks more than the schema. It is given every object in a dry run, in which unknown and duplicate
 * fields are errors.
 */
describe.skipIf(noCluster).each(["staging", "prod"])(`the manifests of the stack %s${noCluster}`, (stack) => {
  let cluster: TestCluster;
  let folder: string;
  let files: Readonly<Record<string, string>>;

  beforeAll(async () => {
    cluster = await testCluster();
    folder = await mkdtemp(join(tmpdir(), "redis-ha-manifests-"));
    vi.resetModules();
    ({ files } = await manifestsOf(stack, rawConfiguration(stack)));
    for (const [file, text] of Object.entries(files)) {
      await writeFile(join(folder, file), text.replaceAll(addresses.planned, addresses.here));
    }
    // A dry run needs the namespace, whose rules apply to it. So the namespace is really created.
    await kubectl(cluster, "apply", "--validate=strict", "--filename", join(folder, "namespace-redis-ha.yaml"));
  });
  afterAll(async () => {
    await kubectl(cluster, "delete", "namespace", "redis-ha", "--ignore-not-found", "--timeout=60s");
    await rm(folder, { recursive: true });
  });

  test("are accepted by the API server", async () => {
    const accepted = (await tryToApply(folder)).trim().split("\n");
    expect(
      accepted.map((line) => line.replace(/ (created|unchanged|configured)( \(server dry run\))$/, "$2")).sort(),
    ).toEqual(Object.values(files).map(nameInKubectl).sort());
  });

  test("are rejected by the API server if a field is not in the schema", async () => {
    const wrong = files["statefulset-redis-0.yaml"]!.replace("podManagementPolicy:", "podManagmentPolicy:");
    await expect(tryToApply(await fileOf("wrong", wrong))).rejects.toThrow(
      'strict decoding error: unknown field "spec.podManagmentPolicy"',
    );
  });

  test("have pods that a namespace with the restricted profile accepts", async () => {
    const workloads = Object.entries(files).filter(([file]) => /^(statefulset|deployment)-/.test(file));
    const pods = workloads.map(([, text]) => dump(podOf(text))).join("---\n");
    const accepted = await tryToApply(await fileOf("pods", pods));
    expect(accepted.trim().split("\n")).toHaveLength(11);
  });

  test("are rejected by a namespace with the restricted profile if a pod may gain privileges", async () => {
    const pod = dump(podOf(files["statefulset-redis-0.yaml"]!));
    const wrong = pod.replace("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true");
    await expect(tryToApply(await fileOf("privileged", wrong))).rejects.toThrow(
      'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false',
    );
  });

  function tryToApply(path: string): Promise<string> {
    return kubectl(cluster, "apply", "--dry-run=server", "--validate=strict", "--filename", path);
  }

  async function fileOf(name: string, text: string): Promise<string> {
    const file = join(folder, name);
    await writeFile(file, text);
    return file;
  }
});

interface Workload {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly template: { readonly metadata: object; readonly spec: { readonly volumes?: readonly object[] } };
    readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
  };
}

/** The pod that a workload's controller would create from its template. */
function podOf(text: string): object {
  const { metadata, spec } = load(text) as Workload;
  const { template, volumeClaimTemplates = [] } = spec;
  const claimed = volumeClaimTemplates.map(({ metadata: { name } }) => ({
    name,
    persistentVolumeClaim: { claimName: `${name}-${metadata.name}-0` },
  }));
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...template.metadata, name: metadata.name, namespace: metadata.namespace },
    spec: { ...template.spec, volumes: [...(template.spec.volumes ?? []), ...claimed] },
  };
}

/** The name that `kubectl apply` prints for an object. */
function nameInKubectl(text: string): string {
  const { apiVersion, kind, metadata } = load(text) as Workload;
  const group = apiVersion.includes("/") ? `.${apiVersion.split("/")[0]}` : "";
  return `${kind.toLowerCase()}${group}/${metadata.name} (server dry run)`;
}
