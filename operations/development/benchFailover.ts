import { defineCommand, exitCodes } from "../command.ts";
import { readCount } from "../options.ts";

export const command = defineCommand({
  name: "bench:failover",
  summary: "measure how long clients wait, and what they lose, when the master goes",
  usage: `npm run bench:failover -- [--runs N] [--output FOLDER]

Brings up a set of its own on Docker, and under 2,000 writes a second kills the master, freezes it, and has it hand over,
in turn. Prints a table with goals, and writes figures and pictures. Needs root on the machine of the Docker daemon.
30 runs of each take about ten minutes.

  --runs N         how often each [30]
  --output FOLDER  where the figures and pictures go [tests/benchmarks/results]`,
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
