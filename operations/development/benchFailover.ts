import { defineCommand, exitCodes } from "../command.ts";
import { readCount } from "../options.ts";

export const command = defineCommand({
  name: "bench:failover",
  summary: "measure client pauses and lost writes when the master fails or switches over",
  usage: `npm run bench:failover -- [--runs N] [--output FOLDER]

Deploys a set of its own on Docker. Under 2,000 writes a second, each run kills the master, freezes it, and makes it
switch over. Prints a table with goals, and writes figures and charts. Needs root on the machine of the Docker daemon.
30 runs take about ten minutes.

  --runs N         number of runs [30]
  --output FOLDER  folder of the figures and charts [tests/benchmarks/results]`,
  options: {
    runs: { type: "string", default: "30" },
    output: { type: "string", default: "tests/benchmarks/results" },
  },
  async run({ runs, output }) {
    const count = readCount("--runs", runs, 9999);
    const { main } = await import("../../tests/benchmarks/failover.ts");
    const met = await main({ runs: count, output });
    return met ? exitCodes.success : exitCodes.failure;
  },
});
