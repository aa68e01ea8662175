import { defineCommand, exitCodes } from "../command.ts";
import { readCount } from "../options.ts";

export const command = defineCommand({
  name: "bench:load",
  summary: "look whether a machine under full load makes Sentinels see failures that are none",
  usage: `npm run bench:load -- [--minutes N]

Brings up a set of its own on Docker, keeps every core busy, and counts how often a Sentinel takes a node for down that
is only slow, with several values of down-after.

  --minutes N  how long [10]`,
  options: { minutes: { type: "string", default: "10" } },
  async run({ minutes }) {
    const count = readCount("--minutes", minutes, 9999);
    const { main } = await import("../../tests/benchmarks/load.ts");
    return (await main(count)) ? exitCodes.success : exitCodes.failure;
  },
});
