import type { Output } from "@pulumi/pulumi";
import { containerPaths, sentinelFiles, sentinelSecretFiles } from "../../configs/render.ts";
import type { Workload } from "../../hosts/workload.ts";
import type { SentinelPlan, Topology } from "../../topology/topology.ts";
import { nodeLiveness, nodeProbe } from "./nodeProbe.ts";
import { secretFiles } from "./secretFiles.ts";

/** Milliseconds. It is short because a Sentinel always has its state on disk and stops at once. */
const stopGrace = 10_000;

/** The workload of a Sentinel. */
export function sentinelWorkload(topology: Topology, sentinel: SentinelPlan, password: Output<string>): Workload {
  const { files, command, probe } = sentinelFiles(topology, sentinel);
  return {
    name: sentinel.name,
    image: "redis",
    command,
    environment: {},
    files,
    secretFiles: secretFiles((secret) => sentinelSecretFiles(topology, secret), password, "any"),
    volume: { mountPath: containerPaths.data, size: sentinel.size.disk },
    scratch: ["/tmp"],
    address: sentinel.endpoint.host,
    ports: [{ port: sentinel.endpoint.port, published: sentinel.published }],
    probe: nodeProbe(probe),
    liveness: nodeLiveness(sentinel.endpoint.port),
    size: sentinel.size,
    stopGrace,
  };
}
