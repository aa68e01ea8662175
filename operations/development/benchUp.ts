import { say } from "../../toolchain/base/steps.mjs";
import { obstacle } from "../../toolchain/kubernetes/host.ts";
import { buildMinutes, programsAreBuilt } from "../../toolchain/kubernetes/programs.ts";
import { printable } from "../../topology/settings/printable.ts";
import { defineCommand, exitCodes, OperationError, UsageError } from "../command.ts";
import { readCount } from "../options.ts";

export const command = defineCommand({
  name: "bench:up",
  summary: "measure how long `up` takes, compared with plain `docker run` and `kubectl apply`",
  usage: `npm run bench:up -- [--target TARGET] [--rounds N]

In each round, deploys a set of its own from nothing with \`pulumi up\`, and the same objects with \`docker run\` or
\`kubectl apply\`. Prints a table of the times, with goals. For Kubernetes, a cluster of three nodes is started on this
machine before and removed afterwards.

  --target TARGET  docker, kubernetes or both [both; only docker if the cluster's programs are not built yet, which
                   takes ${buildMinutes} minutes, once]
  --rounds N       number of rounds [5]`,
  options: { target: { type: "string" }, rounds: { type: "string", default: "5" } },
  async run({ target, rounds }) {
    const count = readCount("--rounds", rounds, 999);
    const met: boolean[] = [];
    for (const chosen of await chooseTargets(target)) {
      met.push(await bench[chosen](count));
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

async function chooseTargets(target: string | undefined): Promise<readonly Target[]> {
  const reason = obstacle();
  switch (target) {
    case "docker":
      return ["docker"];
    case "kubernetes":
    case "both":
      if (reason !== undefined) {
        throw new OperationError(`this machine cannot run a Kubernetes cluster: ${reason}`, exitCodes.unavailable);
      }
      return target === "both" ? ["docker", "kubernetes"] : ["kubernetes"];
    case undefined: {
      const missing = reason ?? ((await programsAreBuilt()) ? undefined : "its programs are not built yet");
      if (missing === undefined) {
        return ["docker", "kubernetes"];
      }
      say(`skipping Kubernetes: ${missing}`);
      return ["docker"];
    }
    default:
      throw new UsageError(`--target takes docker, kubernetes or both, not ${printable(target)}`);
  }
}
