import { ensureDebianPackages } from "../base/debianPackages.ts";
import { SetupError } from "../base/setupError.mjs";
import { hasVersion1 } from "./cgroups.ts";

/** Returns why this machine cannot run a cluster, whatever is installed; undefined if it can. */
export function obstacle(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    return "a cluster needs Linux and root";
  }
  return hasVersion1() ? undefined : "a cluster needs control groups of version 1, and this system only has version 2";
}

/**
 * Installs the missing Debian packages that a cluster needs.
 *
 * @throws SetupError if this machine cannot run a cluster, or a package cannot be installed
 */
export async function prepareHost(environment: NodeJS.ProcessEnv): Promise<void> {
  const reason = obstacle();
  if (reason !== undefined) {
    throw new SetupError(reason, "use an existing cluster, with KUBECONFIG");
  }
  await ensureDebianPackages(debianPackages, withSystemFolders(environment));
}

const debianPackages = [
  { package: "containerd", command: "containerd", why: "it runs the pods of the nodes" },
  { package: "runc", command: "runc", why: "it runs containers for containerd" },
  { package: "containernetworking-plugins", command: "host-local", why: "it connects pods to the network" },
  { package: "iptables", command: "iptables", why: "kube-proxy uses it to implement Services" },
  { package: "conntrack", command: "conntrack", why: "kube-proxy uses it to remove connections to deleted pods" },
  { package: "iproute2", command: "ip", why: "it connects the machines" },
  { package: "openssl", command: "openssl", why: "it creates the certificates" },
];

/** Adds folders to PATH in which Debian packages install programs, and which PATH often lacks. */
function withSystemFolders(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...environment, PATH: `${environment["PATH"] ?? ""}:/usr/sbin:/sbin:/usr/lib/cni` };
}
