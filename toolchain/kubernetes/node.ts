import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ProgramFailedError, runQuietly } from "../base/childProcess.mjs";
import { until } from "../base/until.ts";
import { certificateFolder, createNodeCertificate } from "./certificates.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { kubectl, kubectlInterval } from "./kubectl.ts";
import { startKubeProxy } from "./kubeProxy.ts";
import { importImages } from "./load.ts";
import { failure, inside, startMachine, startService } from "./machine.ts";
import { attach } from "./network.ts";
import {
  addressOf,
  type Cluster,
  dnsAddress,
  type Node,
  numberOf,
  type Place,
  podSubnet,
  settingsOf,
} from "./place.ts";
import { podImages } from "./programs.ts";

/** Starts a node's machine and containerd, and imports the images of the system pods. Does not need the API server. */
export async function prepareNode({ place, programs }: Cluster, node: Node): Promise<void> {
  await startMachine(place, node, programs);
  await attach(place, node);
  await createNodeCertificate(place, node);
  await writeSettings(place, node);
  await startService(place, node, "containerd", ["containerd", "--config", "/var/cluster/containerd.toml"]);
  await until(() => containerdAnswers(place, node), {
    timeout: 30_000,
    failure: () => failure(place, node, "containerd", `containerd on ${node} does not answer`),
  });
  await importImages(place, node, podImages(programs));
}

/** Starts the kubelet and kube-proxy of a prepared node, so that it joins the cluster. */
export async function joinNode({ place }: Cluster, node: Node): Promise<void> {
  await startService(place, node, "kubelet", [
    "/var/cluster/bin/kubelet",
    "--config=/var/cluster/kubelet.yaml",
    "--kubeconfig=/var/cluster/kubelet.kubeconfig",
    `--hostname-override=${node}`,
    `--node-ip=${addressOf(place, node)}`,
    `--node-labels=topology.kubernetes.io/zone=zone-${numberOf(node)}`,
  ]);
  await startKubeProxy(place, node, node);
}

/** Waits until a node has registered, and sets its pod subnet for tools that read it. The routes exist already. */
export async function finishNode(cluster: Cluster, node: Node): Promise<void> {
  const { place } = cluster;
  await until(() => isRegistered(cluster, node), {
    timeout: 60_000,
    interval: kubectlInterval,
    failure: () => failure(place, node, "kubelet", `${node} did not register`),
  });
  const podCIDR = podSubnet(place, numberOf(node));
  const patch = JSON.stringify({ spec: { podCIDR, podCIDRs: [podCIDR] } });
  await kubectl(cluster, "patch", "node", node, "--type=merge", "--patch", patch);
}

async function containerdAnswers(place: Place, node: Node): Promise<boolean> {
  return succeeds(() => runQuietly(...withRest(inside(place, node, "ctr", "version"))));
}

async function isRegistered(cluster: Cluster, node: Node): Promise<boolean> {
  return succeeds(() => kubectl(cluster, "get", "node", node));
}

async function succeeds(run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run();
    return true;
  } catch (error) {
    if (error instanceof ProgramFailedError) {
      return false;
    }
    throw error;
  }
}

function withRest([command, ...rest]: readonly [string, ...string[]]): [string, readonly string[]] {
  return [command, rest];
}

async function writeSettings(place: Place, node: Node): Promise<void> {
  const settings = settingsOf(place, node);
  await mkdir(join(settings, "cni"), { recursive: true });
  for (const file of [`${node}.crt`, `${node}.key`, "ca.crt"]) {
    await copyFile(join(certificateFolder(place), file), join(settings, file));
  }
  await writeKubeconfig(place, node, join(settings, "kubelet.kubeconfig"));
  await writeFile(join(settings, "resolv.conf"), `nameserver ${dnsAddress(place)}\n`);
  await writeFile(join(settings, "containerd.toml"), await containerdSettings());
  await writeFile(join(settings, "cni/10-bridge.conflist"), JSON.stringify(podNetworkSettings(place, node)));
  await writeFile(join(settings, "kubelet.yaml"), JSON.stringify(kubeletSettings(place, node)));
}

async function containerdSettings(): Promise<string> {
  const snapshotters = ["aufs", "btrfs", "devmapper", "zfs"].map((name) => `io.containerd.snapshotter.v1.${name}`);
  return `version = 2
disabled_plugins = ${JSON.stringify(snapshotters)}
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "redis-ha/kubernetes/pause:1"
  restrict_oom_score_adj = ${!(await mayLowerOomScores())}
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "/var/cluster/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
`;
}

/** True if a process can lower its OOM score. That needs CAP_SYS_RESOURCE, which root in a container may lack. */
async function mayLowerOomScores(): Promise<boolean> {
  const capabilities = (await readFile("/proc/self/status", "utf8")).match(/^CapEff:\s*(\w+)/m)?.[1] ?? "0";
  return (BigInt(`0x${capabilities}`) & sysResource) !== 0n;
}

const sysResource = 1n << 24n;

function podNetworkSettings(place: Place, node: Node): unknown {
  const ranges = [[{ subnet: podSubnet(place, numberOf(node)) }]];
  const bridge = {
    type: "bridge",
    bridge: "cni0",
    isGateway: true,
    hairpinMode: true,
    ipam: { type: "host-local", ranges, routes: [{ dst: "0.0.0.0/0" }] },
  };
  const hostPorts = { type: "portmap", capabilities: { portMappings: true } };
  return { cniVersion: "0.4.0", name: "pods", plugins: [bridge, hostPorts] };
}

function kubeletSettings(place: Place, node: Node): unknown {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: "/var/cluster/ca.crt" },
    },
    authorization: { mode: "Webhook" },
    tlsCertFile: `/var/cluster/${node}.crt`,
    tlsPrivateKeyFile: `/var/cluster/${node}.key`,
    containerRuntimeEndpoint: "unix:///run/containerd/containerd.sock",
    cgroupDriver: "cgroupfs",
    cgroupRoot: `/${place.cgroup}/${node}`,
    failCgroupV1: false,
    failSwapOn: false,
    clusterDNS: [dnsAddress(place)],
    clusterDomain: "cluster.local",
    resolvConf: "/var/cluster/resolv.conf",
    // Almost disables eviction: the nodes share the host's disk, and could not pull an evicted image again.
    evictionHard: {
      "memory.available": "100Mi",
      "nodefs.available": "1%",
      "nodefs.inodesFree": "1%",
      "imagefs.available": "1%",
    },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
  };
}
