import { defineCommand, exitCodes } from "../command.ts";
import { readCount } from "../options.ts";

export const command = defineCommand({
  name: "bench:rest",
  summary: "measure what a set costs while no client uses it, by part",
  usage: `npm run bench:rest -- [--seconds N]

Brings up a set of its own on Docker, measures the CPU time of the whole machine and of each part, takes the set down,
and measures the machine again. Prints a table with the goal. Nothing else may run on the machine meanwhile. Needs Linux
and the Docker daemon of this machine.

  --seconds N  how long each measurement takes [60]`,
  options: { seconds: { type: "string", default: "60" } },
  async run({ seconds }) {
    const count = readCount("--seconds", seconds, 9999);
    const { main } = await import("../../tests/benchmarks/rest.ts");
    return (await main(count)) ? exitCodes.success : exitCodes.failure;
  },
});
