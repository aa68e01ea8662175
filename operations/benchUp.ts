import { defineCommand, exitCodes } from "./command.ts";

export const command = defineCommand({
  name: "bench:up",
  summary: "measure how long `up` takes, beside plain `docker run`",
  usage: `npm run bench:up

Brings the set up in several ways, side by side, and prints a table of the times.`,
  options: {},
  async run() {
    const { main } = await import("../benchmarks/up.ts");
    await main();
    return exitCodes.success;
  },
});
