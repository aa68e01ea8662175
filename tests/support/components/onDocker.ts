import * as pulumi from "@pulumi/pulumi";
import { DockerHost, type DockerHostArgs } from "../../../hosts/docker/host.ts";
import type { Workload } from "../../../hosts/workload.ts";
import { type Declaration, declared } from "./program.ts";

/** A host with images from a registry. */
export const upstream: DockerHostArgs = {
  prefix: "sample",
  network: { target: "docker", subnet: "10.41.0.0/24", gateway: "10.41.0.1" },
  images: "upstream",
  identity: "0123456789abcdef",
};

/** Declares workloads of the component `part` on the Docker host `place`. */
export function onHost(workloads: readonly (() => Workload)[], args: DockerHostArgs = upstream): Promise<Declaration> {
  return declared(() => {
    const host = new DockerHost("place", args);
    const parent = new Part("part");
    for (const workload of workloads) {
      host.run(workload(), { name: "part", parent, after: [] });
    }
  });
}

/** A component that declares workloads. */
export class Part extends pulumi.ComponentResource {
  constructor(name: string) {
    super("test:index:Part", name);
    this.registerOutputs({});
  }
}

/** A small workload that uses every field. It is created inside a program, because its secret belongs to that run. */
export function workload(): Workload {
  return {
    name: "web-0",
    image: "redis",
    command: ["serve", "--port", "80"],
    environment: { MODE: "plain", GREETING: "two words" },
    files: { "/etc/web/settings": "colour blue" },
    secretFiles: { "/etc/web-secrets/key": pulumi.secret("swordfish") },
    volume: { mountPath: "/data", size: 1024 ** 3 },
    scratch: ["/tmp"],
    address: "10.41.0.10",
    ports: [{ port: 80, published: { host: "127.0.0.1", port: 8080 } }],
    probe: {
      command: ["sh", "/etc/web/probe.sh"],
      interval: 5_000,
      timeout: 1_500,
      retries: 3,
      startPeriod: 60_000,
    },
    size: { cpus: 0.5, memory: 64 * 1024 ** 2, disk: 1024 ** 3 },
    stopGrace: 10_500,
  };
}
