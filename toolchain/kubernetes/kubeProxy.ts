import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeKubeconfig } from "./kubeconfig.ts";
import { startService } from "./machine.ts";
import { addressOf, type Machine, type Node, type Place, settingsOf } from "./place.ts";

/**
 * Starts kube-proxy on a machine, so that the machine can reach Services.
 *
 * @param node the node name for kube-proxy: the name of the machine, or of any node if the machine is not a node
 */
export async function startKubeProxy(place: Place, machine: Machine, node: Node): Promise<void> {
  const settings = settingsOf(place, machine);
  await writeKubeconfig(place, "kube-proxy", join(settings, "kube-proxy.kubeconfig"));
  const configuration = {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode: "iptables",
    bindAddress: addressOf(place, machine),
    hostnameOverride: node,
    clusterCIDR: `${place.podNetwork}.0.0/16`,
    clientConnection: { kubeconfig: "/var/cluster/kube-proxy.kubeconfig" },
    // Zero values leave the host's limits for connection tracking unchanged.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
  };
  await writeFile(join(settings, "kube-proxy.yaml"), JSON.stringify(configuration));
  const commandLine = ["/var/cluster/bin/kube-proxy", "--config=/var/cluster/kube-proxy.yaml"];
  await startService(place, machine, "kube-proxy", commandLine);
}
