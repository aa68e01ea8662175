import { say } from "../../toolchain/base/steps.mjs";
import { obstacle } from "../../toolchain/kubernetes/host.ts";
import { buildMinutes, programsAreBuilt } from "../../toolchain/kubernetes/programs.ts";
import { printable } from "../../topology/settings/printable.ts";
import { defineCommand, exitCodes, OperationError, UsageError } from "../command.ts";
import { readCount } from "../options.ts";

export const command = defineCommand({
  name: "bench:up",
  summary: "measure how long `up` takes, beside plain `docker run` and `kubectl apply`",
  usage: `npm run bench:up -- [--target TARGET] [--rounds N]

Brings a set of its own up from nothing, by \`docker run\` or \`kubectl apply\` of the very same and by \`pulumi up\`, in turn,
and prints a table of the times, with goals. Kubernetes is a cluster of three nodes on this machine, which is started
before and removed afterwards.

  --target TARGET  docker, kubernetes or both [both, but docker alone where the cluster's programs are not built yet:
                   that takes ${buildMinutes} minutes, once]
  --rounds N       how often each [5]`,
  options: { target: { type: "string" }, rounds: { type: "string", default: "5" } },
  async run({ target, rounds }) {
    const count = readCount("--rounds", rounds, 999);
    const met: boolean[] = [];
    for (const one of await chosen(target)) {
      met.push(await bench[one](count));
    }
    return met.every(Boolean) ? exitCodes.success : exitCodes.failure;
  },
});

type Target = keyof typeof bench;

const bench = {
  async docker(rounds: number) {
    const { main } = await import("../../tests/benchmarks/up.ts");
    return main("docker", rounds);
  },
  async kubernetes(rounds: number) {
    const { main } = await import("../../tests/benchmarks/up.ts");
    const { withTestCluster } = await import("./testCluster.ts");
    return withTestCluster(process.env, () => main("kubernetes", rounds));
  },
};

async function chosen(target: string | undefined): Promise<readonly Target[]> {
  const reason = obstacle();
  switch (target) {
    case "docker":
      return ["docker"];
    case "kubernetes":
    case "both":
      if (reason !== undefined) {
        throw new OperationError(`this machine cannot have a Kubernetes cluster: ${reason}`, exitCodes.unavailable);
      }
      return target === "both" ? ["docker", "kubernetes"] : ["kubernetes"];
    case undefined: {
      const missing = reason ?? ((await programsAreBuilt()) ? undefined : "its programs are not built yet");
      if (missing === undefined) {
        return ["docker", "kubernetes"];
      }
      say(`leaving out Kubernetes: ${missing}`);
      return ["docker"];
    }
    default:
      throw new UsageError(`--target takes docker, kubernetes or both, not ${printable(target)}`);
  }
}
