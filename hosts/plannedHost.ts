import type * as pulumi from "@pulumi/pulumi";
import { nodesOf } from "../topology/nodes.ts";
import type { NodePlan, Topology } from "../topology/topology.ts";
import { DockerHost } from "./docker/host.ts";
import type { FixedAddress } from "./kubernetes/fixedAddress.ts";
import { KubernetesHost } from "./kubernetes/host.ts";
import type { Host } from "./workload.ts";

/**
 * Declares the host of a plan: a network on the Docker engine, or a namespace of a Kubernetes cluster.
 *
 * @param identity the identity of the state; every object carries it
 */
export function plannedHost(
  name: string,
  topology: Topology,
  identity: pulumi.Input<string>,
  options?: pulumi.ComponentResourceOptions,
): Host {
  const { name: set, host: plan, images } = topology;
  switch (plan.target) {
    case "docker":
      return new DockerHost(name, { prefix: set, network: plan, images, identity }, options);
    case "kubernetes":
      return new KubernetesHost(
        name,
        { set, plan, images, identity, nodes: nodesOf(topology).map(addressed) },
        options,
      );
  }
}

function addressed({ name, endpoint, size }: NodePlan): FixedAddress {
  return { name, address: endpoint.host, disk: size.disk };
}
