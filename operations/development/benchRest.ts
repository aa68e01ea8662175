import { defineCommand, exitCodes } from "../command.ts";
import { readCount } from "../options.ts";

export const command = defineCommand({
  name: "bench:rest",
  summary: "measure the CPU time of an idle set, by part",
  usage: `npm run bench:rest -- [--seconds N]

Deploys a set of its own on Docker, measures the CPU time of the whole machine and of each part, removes the set, and
measures the machine again. Prints a table with the goal. Run nothing else on the machine meanwhile. Needs Linux and a
Docker daemon on this machine.

  --seconds N  duration of each measurement [60]`,
  options: { seconds: { type: "string", default: "60" } },
  async run({ seconds }) {
    const count = readCount("--seconds", seconds, 9999);
    const { main } = await import("../../tests/benchmarks/rest.ts");
    return (await main(count)) ? exitCodes.success : exitCodes.failure;
  },
});
