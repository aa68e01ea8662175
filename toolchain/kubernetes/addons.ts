import { Resolver } from "node:dns/promises";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ProgramFailedError } from "../base/childProcess.mjs";
import { SetupError } from "../base/setupError.mjs";
import { until } from "../base/until.ts";
import { kubectl } from "./kubectl.ts";
import { nodesOf } from "./machine.ts";
import { type Cluster, dnsAddress } from "./place.ts";

const manifests = join(import.meta.dirname, "manifests/addons.yaml");

/** Applies the manifests of CoreDNS and of the default StorageClass. */
export async function declareAddons(cluster: Cluster): Promise<void> {
  const text = (await readFile(manifests, "utf8")).replace("@DNS@", dnsAddress(cluster.place));
  const file = join(cluster.place.folder, "addons.yaml");
  await writeFile(file, text);
  await kubectl(cluster, "apply", `--filename=${file}`);
}

/**
 * Waits until CoreDNS and the volume provisioner are rolled out and names are resolved. With two nodes or more, CoreDNS
 * gets two replicas.
 */
export async function addonsReady(cluster: Cluster): Promise<void> {
  if (nodesOf(cluster.place).length > 1) {
    await kubectl(cluster, "--namespace=kube-system", "scale", "deployment/coredns", "--replicas=2");
  }
  await Promise.all([rolledOut(cluster, "kube-system", "coredns"), provisionerRolledOut(cluster)]);
  await until(() => dnsAnswers(cluster), {
    timeout: 60_000,
    failure: () =>
      new SetupError(
        `the cluster's DNS does not answer at ${dnsAddress(cluster.place)}`,
        "try to start the cluster again",
      ),
  });
}

function provisionerRolledOut(cluster: Cluster): Promise<void> {
  return rolledOut(cluster, "local-path-storage", "local-path-provisioner");
}

async function rolledOut(cluster: Cluster, namespace: string, deployment: string): Promise<void> {
  const wait = ["rollout", "status", `deployment/${deployment}`, "--timeout=90s"];
  try {
    await kubectl(cluster, `--namespace=${namespace}`, ...wait);
  } catch (error) {
    if (error instanceof ProgramFailedError) {
      const pods = await kubectl(cluster, `--namespace=${namespace}`, "describe", "pods");
      throw new SetupError(
        `${deployment} did not become ready: ${error.message}`,
        pods.split("\n").slice(-20).join("\n"),
      );
    }
    throw error;
  }
}

async function dnsAnswers({ place }: Cluster): Promise<boolean> {
  const resolver = new Resolver({ timeout: 1000, tries: 1 });
  resolver.setServers([dnsAddress(place)]);
  return resolver.resolve4("kubernetes.default.svc.cluster.local").then(
    () => true,
    () => false,
  );
}
