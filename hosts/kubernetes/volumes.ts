import type { Cluster } from "./cluster.ts";
import { bytesOf, quantity } from "./quantities.ts";

/** A volume that has another size than planned, and cannot get it. */
export class VolumeError extends Error {
  constructor(node: string, claim: string, reason: string) {
    super(`${node}: its volume ${claim} ${reason}`);
    this.name = "VolumeError";
  }
}

/**
 * Brings the volume of a node to its planned size before the node itself changes: what a StatefulSet is told of the size
 * holds for volumes it has yet to make. One that is not there yet is left to it.
 *
 * @param size bytes
 * @throws VolumeError when the volume is larger; ClusterError when the cluster does not let it grow
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

/** The volume in the pod, and by it the claim. */
export const DATA = "data";

/** The claim of a node's volume, as a StatefulSet names it, and its size in bytes; undefined while there is none. */
export async function volumeOf(
  cluster: Cluster,
  namespace: string,
  node: string,
): Promise<{ readonly claim: string; readonly size: number | undefined }> {
  const claim = `${DATA}-${node}-0`;
  const requested = (await cluster.volumeClaim(namespace, claim))?.spec?.resources?.requests?.["storage"];
  return { claim, size: requested === undefined ? undefined : bytesOf(requested) };
}
