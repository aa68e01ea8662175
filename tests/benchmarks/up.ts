import { dockerYardstick, timeOnDocker } from "./up/onDocker.ts";
import { kubernetesYardstick, timeOnKubernetes } from "./up/onKubernetes.ts";
import { describeRound, judgeTimes, type Times, type Yardstick } from "./up/times.ts";

export type UpTarget = keyof typeof benchmarks;

const benchmarks = {
  docker: (rounds: number) => measure("docker", rounds, timeOnDocker, dockerYardstick),
  kubernetes: (rounds: number) => measure("kubernetes", rounds, timeOnKubernetes, kubernetesYardstick),
};

/**
 * Times the deployment of a set on one target, with the target's own command and with Pulumi in turn. Prints a table.
 *
 * @param rounds the number of measurements, of which the table shows minimum, median and maximum
 * @returns true if every goal was met
 */
export function main(target: UpTarget, rounds: number): Promise<boolean> {
  return benchmarks[target](rounds);
}

async function measure<Measured extends string>(
  target: UpTarget,
  rounds: number,
  time: (rounds: number, report: (round: Times<Measured>) => void) => Promise<readonly Times<Measured>[]>,
  yardstick: Yardstick<Measured>,
): Promise<boolean> {
  let count = 0;
  const times = await time(rounds, (round) => {
    count += 1;
    process.stderr.write(`${target}: round ${count} of ${rounds}: ${describeRound(yardstick, round)}\n`);
  });
  const { text, met } = judgeTimes(yardstick, times);
  process.stdout.write(`${text}\n`);
  return met;
}
