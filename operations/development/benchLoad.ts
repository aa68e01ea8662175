import { printable } from "../../topology/settings/printable.ts";
import { defineCommand, exitCodes, UsageError } from "../command.ts";

export const command = defineCommand({
  name: "bench:load",
  summary: "look whether a machine under full load makes Sentinels see failures that are none",
  usage: `npm run bench:load -- [--minutes N]

Brings up a set of its own on Docker, keeps every core busy, and counts how often a Sentinel takes a node for down that
is only slow, with several values of down-after.

  --minutes N  how long [10]`,
  options: { minutes: { type: "string", default: "10" } },
  async run({ minutes }) {
    if (!/^[1-9]\d{0,3}$/.test(minutes)) {
      throw new UsageError(`--minutes takes a whole number from 1 to 9999, not ${printable(minutes)}`);
    }
    const { main } = await import("../../tests/benchmarks/load.ts");
    return (await main(Number(minutes))) ? exitCodes.success : exitCodes.failure;
  },
});
