import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump, load } from "js-yaml";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { manifestsOf } from "../../operations/commands/manifests.ts";
import { kubectl } from "../../toolchain/kubernetes/kubectl.ts";
import { noCluster, type TestCluster, testCluster } from "../support/kubernetes/cluster.ts";
import { rawConfiguration } from "../support/unit/stackFile.ts";

/** What the stacks have for their Services, and its like in the range of the tests' cluster. */
const addresses = { planned: "10.96.0.", here: "10.101.1." };

/**
 * The API server knows the schema, and checks more than it: it is asked to take every object, with unknown and doubled
 * fields as errors, without keeping any.
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
    // Objects are tried in their namespace, with its rules; this one is really made.
    await kubectl(cluster, "apply", "--validate=strict", "--filename", join(folder, "namespace-redis-ha.yaml"));
  });
  afterAll(async () => {
    await kubectl(cluster, "delete", "namespace", "redis-ha", "--ignore-not-found", "--timeout=60s");
    await rm(folder, { recursive: true });
  });

  test("are taken by the API server as they are", async () => {
    const taken = (await tryToApply(folder)).trim().split("\n");
    expect(
      taken.map((line) => line.replace(/ (created|unchanged|configured)( \(server dry run\))$/, "$2")).sort(),
    ).toEqual(Object.values(files).map(nameInKubectl).sort());
  });

  test("would not be taken with a field that the schema does not have", async () => {
    const wrong = files["statefulset-redis-0.yaml"]!.replace("podManagementPolicy:", "podManagmentPolicy:");
    await expect(tryToApply(await fileOf("wrong", wrong))).rejects.toThrow(
      'strict decoding error: unknown field "spec.podManagmentPolicy"',
    );
  });

  test("have pods that a namespace with the restricted profile lets in", async () => {
    const workloads = Object.entries(files).filter(([file]) => /^(statefulset|deployment)-/.test(file));
    const pods = workloads.map(([, text]) => dump(podOf(text))).join("---\n");
    const taken = await tryToApply(await fileOf("pods", pods));
    expect(taken.trim().split("\n")).toHaveLength(11);
  });

  test("would not have a pod let in that may gain privileges", async () => {
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

/** The pod that a workload's controller would make of its template. */
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

/** As `kubectl apply` names an object. */
function nameInKubectl(text: string): string {
  const { apiVersion, kind, metadata } = load(text) as Workload;
  const group = apiVersion.includes("/") ? `.${apiVersion.split("/")[0]}` : "";
  return `${kind.toLowerCase()}${group}/${metadata.name} (server dry run)`;
}
