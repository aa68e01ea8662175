import type { Cluster } from "./cluster.ts";
import { bytesOf, quantity } from "./quantities.ts";

/** A volume cannot be changed to its planned size. */
export class VolumeError extends Error {
  constructor(node: string, claim: string, reason: string) {
    super(`${node}: its volume ${claim} ${reason}`);
    this.name = "VolumeError";
  }
}

/**
 * Grows the volume of a node to its planned size, before the node itself changes. This is necessary because the size in
 * a StatefulSet applies only to volumes that the StatefulSet has yet to create. If the volume does not exist yet,
 * nothing is done.
 *
 * @param size bytes
 * @throws VolumeError when the volume is larger
 * @throws ClusterError when the cluster refuses to grow the volume
 */
export async function fitVolume(cluster: Cluster, namespace: string, node: string, size: number): Promise<void> {
  const { claim, size: present } = await volumeOf(cluster, namespace, node);
  if (present === undefined) {
    return;
  }
  if (present > size) {
    const reason = `has ${quantity(present)} and cannot shrink to ${quantity(size)}; set its disk back to ${quantity(present)}`;
    throw new VolumeError(node, claim, reason);
  }
  if (present < size) {
    await cluster.growVolumeClaim(namespace, claim, quantity(size));
  }
}

/** The name of the data volume in the pod, and the prefix of its claim's name. */
export const dataVolume = "data";

/**
 * Returns the name of the claim for a node's volume, as a StatefulSet generates it, and the claim's size in bytes. The
 * size is undefined if the claim does not exist.
 */
export async function volumeOf(
  cluster: Cluster,
  namespace: string,
  node: string,
): Promise<{ readonly claim: string; readonly size: number | undefined }> {
  const claim = `${dataVolume}-${node}-0`;
  const requested = (await cluster.volumeClaim(namespace, claim))?.spec?.resources?.requests?.["storage"];
  return { claim, size: requested === undefined ? undefined : bytesOf(requested) };
}
