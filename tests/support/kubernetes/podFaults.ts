import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { NodeFaults } from "../../../drills/nodeFaults.ts";
import type { KubernetesDeployment } from "./deployment.ts";

const run = promisify(execFile);

/**
 * Injects faults into pods of the tests' cluster, whose processes run on this machine. A StatefulSet replaces a pod
 * that has ended, so no fault keeps a pod stopped.
 */
export class PodFaults implements Pick<NodeFaults, "stop" | "crash" | "freeze" | "thaw" | "handOver"> {
  readonly #deployment: KubernetesDeployment;

  constructor(deployment: KubernetesDeployment) {
    this.#deployment = deployment;
  }

  /** Resolves when the pod is removed. The next pod with the same name may already exist. */
  async stop(node: string): Promise<void> {
    await this.#deployment.ask("delete", "pod", podOf(node));
  }

  async crash(node: string): Promise<void> {
    process.kill(await this.serverOf(node), "SIGKILL");
  }

  async freeze(node: string): Promise<void> {
    process.kill(await this.serverOf(node), "SIGSTOP");
  }

  async thaw(node: string): Promise<void> {
    process.kill(await this.serverOf(node), "SIGCONT");
  }

  async handOver(node: string): Promise<void> {
    await this.#deployment.ask("exec", podOf(node), "--", "sh", "/etc/redis-ha/switchover.sh");
  }

  /** The process id, on this machine, of the Redis or Sentinel in a pod. Its control group has the uid of the pod. */
  async serverOf(node: string): Promise<number> {
    const pod = await this.#deployment.ask("get", "pod", podOf(node), "--output=jsonpath={.metadata.uid}");
    const { stdout } = await run("ps", ["-e", "-ww", "-o", "pid=,comm=,cgroup="]);
    const server = stdout.split("\n").find((line) => / redis-(server|sentinel) /.test(line) && line.includes(pod));
    if (server === undefined) {
      throw new Error(`no Redis runs in ${podOf(node)}`);
    }
    return Number.parseInt(server, 10);
  }
}

/** The only pod of a node's StatefulSet. */
export function podOf(node: string): string {
  return `${node}-0`;
}
