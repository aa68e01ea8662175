import { ensureDebianPackages } from "../base/debianPackages.ts";
import { SetupError } from "../base/setupError.mjs";
import { hasVersion1 } from "./cgroups.ts";

/** Why this machine cannot have a cluster, whatever is installed; undefined: it can. */
export function obstacle(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    return "a cluster needs Linux, and root";
  }
  return hasVersion1() ? undefined : "a cluster needs control groups of version 1, and this system has version 2 only";
}

/**
 * Installs Debian's packages that a cluster needs and that are missing.
 *
 * @throws SetupError this machine cannot have a cluster, or a package cannot be installed
 */
export async function prepareHost(environment: NodeJS.ProcessEnv): Promise<void> {
  const reason = obstacle();
  if (reason !== undefined) {
    throw new SetupError(reason, "use a cluster that you have already, through KUBECONFIG");
  }
  await ensureDebianPackages(debianPackages, withSystemFolders(environment));
}

const debianPackages = [
  { package: "containerd", command: "containerd", why: "the nodes run their pods with it" },
  { package: "runc", command: "runc", why: "containerd runs containers with it" },
  { package: "containernetworking-plugins", command: "host-local", why: "containerd connects pods with it" },
  { package: "iptables", command: "iptables", why: "kube-proxy makes Services of it" },
  { package: "conntrack", command: "conntrack", why: "kube-proxy forgets connections of ended pods with it" },
  { package: "iproute2", command: "ip", why: "the machines are connected with it" },
  { package: "openssl", command: "openssl", why: "it makes the certificates" },
];

/** Folders that Debian's packages put programs into and that are not on everybody's PATH. */
function withSystemFolders(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...environment, PATH: `${environment["PATH"] ?? ""}:/usr/sbin:/sbin:/usr/lib/cni` };
}
