import { setTimeout as delay } from "node:timers/promises";
import { interruption } from "../../toolchain/base/interruption.mjs";
import { Deployment } from "../support/docker/deployment.ts";
import { readEngineTime, readMachineTime } from "./rest/cpuTime.ts";
import { judgeRest } from "./rest/table.ts";
import { succeeding } from "./up/timing.ts";

/** The default set of the stack dev, with a subnet and ports of its own. */
const configuration = {
  name: "redis-ha-rest",
  images: "local",
  size: "dev",
  docker: {
    subnet: "10.63.82.0/24",
    ports: {
      redis: 15679,
      sentinel: 25679,
      writes: 15689,
      reads: 15699,
      statistics: 15709,
      exporter: 15719,
      commander: 15729,
    },
  },
};

/** Milliseconds after the start or the stop of a set until the machine is idle. */
const idleAfter = 15_000;

/** CPU time in seconds, by the name of what has used it. */
type CpuTimes = Readonly<Record<string, number>>;

/**
 * Measures the CPU time of each part of a set without clients, and of the machine with the set up and with the set
 * down. Prints a table.
 *
 * @param seconds the duration of each measurement
 * @returns true if the goal was met
 */
export async function main(seconds: number): Promise<boolean> {
  const set = await Deployment.create("rest", configuration);
  try {
    await succeeding(set.up());
    await delay(idleAfter, undefined, { signal: interruption });
    const [machineUp, engine, parts] = await Promise.all([
      shareOf(readMachineTime, seconds),
      shareOf(readEngineTime, seconds),
      sharesOf(() => containerTimes(set), seconds),
    ]);
    await succeeding(set.down());
    await delay(idleAfter, undefined, { signal: interruption });
    const machineDown = await shareOf(readMachineTime, seconds);
    const { text, met } = judgeRest({ parts, engine, machineUp, machineDown });
    process.stdout.write(`${text}\n`);
    return met;
  } finally {
    await set.dispose();
  }
}

async function shareOf(read: () => Promise<number>, seconds: number): Promise<number> {
  const shares = await sharesOf(async () => ({ all: await read() }), seconds);
  return shares["all"] ?? Number.NaN;
}

/** The shares of one core that are used during the given time. */
async function sharesOf(read: () => Promise<CpuTimes>, seconds: number): Promise<CpuTimes> {
  const [start, before] = [performance.now(), await read()];
  await delay(seconds * 1000, undefined, { signal: interruption });
  const after = await read();
  const elapsed = (performance.now() - start) / 1000;
  return Object.fromEntries(
    Object.entries(after).map(([name, time]) => [name, (time - (before[name] ?? 0)) / elapsed]),
  );
}

/** The CPU time of each container since its start. The engine reads it from the container's cgroup. */
async function containerTimes({ onDocker }: Deployment): Promise<CpuTimes> {
  const parts = Object.keys(await onDocker.containers());
  const times = await Promise.all(
    parts.map(async (part) => {
      const stats = await onDocker.container(part).stats({ stream: false, "one-shot": true });
      return [part, stats.cpu_stats.cpu_usage.total_usage / 1e9] as const;
    }),
  );
  return Object.fromEntries(times);
}
