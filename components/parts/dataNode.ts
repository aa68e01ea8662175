import type { Output } from "@pulumi/pulumi";
import { containerPaths, redisFiles, redisSecretFiles } from "../../configs/render.ts";
import type { Workload } from "../../hosts/workload.ts";
import type { DataNodePlan, Topology } from "../../topology/topology.ts";
import { nodeLiveness, nodeProbe } from "./nodeProbe.ts";
import { secretFiles } from "./secretFiles.ts";

/**
 * Milliseconds from SIGTERM until a data node is killed. Redis waits up to 10 s for its replicas to catch up
 * (shutdown-timeout), and then writes the remaining data to disk.
 */
const stopGrace = 60_000;

/** The workload of a data node. It is the same for masters and replicas. */
export function dataNodeWorkload(topology: Topology, node: DataNodePlan, password: Output<string>): Workload {
  const { files, command, probe } = redisFiles(topology, node);
  return {
    name: node.name,
    image: "redis",
    command,
    environment: {},
    files,
    secretFiles: secretFiles(redisSecretFiles, password, "any"),
    volume: { mountPath: containerPaths.data, size: node.size.disk },
    scratch: ["/tmp"],
    address: node.endpoint.host,
    ports: [{ port: node.endpoint.port, published: node.published }],
    probe: nodeProbe(probe),
    liveness: nodeLiveness(node.endpoint.port),
    size: node.size,
    stopGrace,
  };
}
