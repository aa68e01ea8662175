import { defineCommand, exitCodes } from "../command.ts";
import { readCount } from "../options.ts";

export const command = defineCommand({
  name: "bench:load",
  summary: "measure whether a fully loaded machine makes Sentinels report false failures",
  usage: `npm run bench:load -- [--minutes N]

Deploys a set of its own on Docker, keeps every core busy, and counts how often a Sentinel marks a slow node as down,
for several values of down-after.

  --minutes N  duration [10]`,
  options: { minutes: { type: "string", default: "10" } },
  async run({ minutes }) {
    const count = readCount("--minutes", minutes, 9999);
    const { main } = await import("../../tests/benchmarks/load.ts");
    return (await main(count)) ? exitCodes.success : exitCodes.failure;
  },
});
