import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { ProgramFailedError } from "../base/childProcess.mjs";
import { until } from "../base/until.ts";
import { certificateFolder } from "./certificates.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { kubectl, kubectlInterval } from "./kubectl.ts";
import { startKubeProxy } from "./kubeProxy.ts";
import { failure, startMachine, startService } from "./machine.ts";
import { attach } from "./network.ts";
import type { Patience } from "./patience.ts";
import { addressOf, type Cluster, type Place, settingsOf } from "./place.ts";

/** Starts the machine `control` with etcd and the control plane, and waits until the API server is ready. */
export async function startControlPlane(cluster: Cluster, patience: Patience): Promise<void> {
  const { place, programs } = cluster;
  await startMachine(place, "control", programs);
  await attach(place, "control");
  await copyCertificates(place);
  await startService(place, "control", "etcd", etcd);
  await startService(place, "control", "kube-apiserver", apiServer(place, patience));
  await until(() => isReady(cluster), {
    timeout: 60_000,
    interval: kubectlInterval,
    failure: () => failure(place, "control", "kube-apiserver", "the API server did not become ready within a minute"),
  });
  await startService(place, "control", "kube-controller-manager", controllerManager(place, patience));
  await startService(place, "control", "kube-scheduler", scheduler);
  // The machine is not a node. kube-proxy runs on it so that the API server and the host can reach every Service.
  await startKubeProxy(place, "control", "node-1");
}

async function isReady(cluster: Cluster): Promise<boolean> {
  try {
    await kubectl(cluster, "get", "--raw=/readyz", "--request-timeout=5s");
    return true;
  } catch (error) {
    if (error instanceof ProgramFailedError) {
      return false;
    }
    throw error;
  }
}

async function copyCertificates(place: Place): Promise<void> {
  const settings = settingsOf(place, "control");
  await rm(join(settings, "pki"), { recursive: true, force: true });
  await cp(certificateFolder(place), join(settings, "pki"), { recursive: true });
  for (const name of ["kube-controller-manager", "kube-scheduler"]) {
    await writeKubeconfig(place, name, join(settings, `${name}.kubeconfig`));
  }
}

/** Paths inside the machine. */
const programs = "/var/cluster/bin";
const certificates = "/var/cluster/pki";

const etcdAddress = "http://127.0.0.1:2379";

const etcd = [
  `${programs}/etcd`,
  "--name=control",
  "--data-dir=/var/lib/etcd",
  // The cluster does not survive a crash of this machine, so writes need not be synced to the disk.
  "--unsafe-no-fsync",
  `--listen-client-urls=${etcdAddress}`,
  `--advertise-client-urls=${etcdAddress}`,
  "--listen-peer-urls=http://127.0.0.1:2380",
  "--initial-advertise-peer-urls=http://127.0.0.1:2380",
  "--initial-cluster=control=http://127.0.0.1:2380",
  "--log-level=warn",
];

function apiServer(place: Place, patience: Patience): readonly string[] {
  return [
    `${programs}/kube-apiserver`,
    `--advertise-address=${addressOf(place, "control")}`,
    "--secure-port=6443",
    "--allow-privileged",
    `--etcd-servers=${etcdAddress}`,
    `--service-cluster-ip-range=${place.serviceNetwork}.0.0/16`,
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    `--default-not-ready-toleration-seconds=${patience.pods}`,
    `--default-unreachable-toleration-seconds=${patience.pods}`,
    `--client-ca-file=${certificates}/ca.crt`,
    `--tls-cert-file=${certificates}/apiserver.crt`,
    `--tls-private-key-file=${certificates}/apiserver.key`,
    `--kubelet-certificate-authority=${certificates}/ca.crt`,
    `--kubelet-client-certificate=${certificates}/apiserver-kubelet.crt`,
    `--kubelet-client-key=${certificates}/apiserver-kubelet.key`,
    "--kubelet-preferred-address-types=InternalIP",
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
    `--service-account-key-file=${certificates}/service-account.pub`,
    `--service-account-signing-key-file=${certificates}/service-account.key`,
    `--requestheader-client-ca-file=${certificates}/front-proxy-ca.crt`,
    "--requestheader-allowed-names=front-proxy-client",
    "--requestheader-username-headers=X-Remote-User",
    "--requestheader-group-headers=X-Remote-Group",
    "--requestheader-extra-headers-prefix=X-Remote-Extra-",
    `--proxy-client-cert-file=${certificates}/front-proxy.crt`,
    `--proxy-client-key-file=${certificates}/front-proxy.key`,
  ];
}

function controllerManager(place: Place, patience: Patience): readonly string[] {
  return [
    `${programs}/kube-controller-manager`,
    ...asClient("kube-controller-manager"),
    `--cluster-cidr=${place.podNetwork}.0.0/16`,
    "--allocate-node-cidrs=false",
    `--service-cluster-ip-range=${place.serviceNetwork}.0.0/16`,
    `--cluster-signing-cert-file=${certificates}/ca.crt`,
    `--cluster-signing-key-file=${certificates}/ca.key`,
    `--root-ca-file=${certificates}/ca.crt`,
    `--service-account-private-key-file=${certificates}/service-account.key`,
    "--use-service-account-credentials",
    `--requestheader-client-ca-file=${certificates}/front-proxy-ca.crt`,
    `--node-monitor-grace-period=${patience.node}s`,
  ];
}

const scheduler = [`${programs}/kube-scheduler`, ...asClient("kube-scheduler")];

/** Options of a client of the API server. Each client runs once, so it needs no leader election. */
function asClient(name: string): readonly string[] {
  const file = `/var/cluster/${name}.kubeconfig`;
  return [
    "--leader-elect=false",
    "--bind-address=127.0.0.1",
    `--kubeconfig=${file}`,
    `--authentication-kubeconfig=${file}`,
    `--authorization-kubeconfig=${file}`,
  ];
}
