import { VerificationError } from "../checks/report.ts";
import { type VerificationTarget, verificationTarget } from "../checks/target.ts";
import { verify } from "../checks/verify.ts";
import { type CommandResult, Deployment, projectRoot } from "../tests/docker/deployment.ts";
import type { Topology } from "../topology/topology.ts";
import { DockerRun } from "./dockerRun.ts";

const SET = "redis-ha-bench";
const SUBNET = "10.63.80.0/24";
const CONFIGURATION = {
  name: SET,
  images: "local",
  size: "dev",
  docker: { subnet: SUBNET, ports: { redis: 15379, sentinel: 25379, exporter: 19122, commander: 18082 } },
};

/** What is timed, as the table calls it. */
const MEASURED = {
  running: "docker run, all containers running",
  inSync: "docker run, replicas in sync (a)",
  works: "docker run, all that the checks ask for",
  up: "pulumi up from nothing, verified (b)",
  unchanged: "pulumi up without a change (c)",
  empty: "pulumi up of an empty program (d)",
} as const;

/** Milliseconds. */
type Times = Record<keyof typeof MEASURED, number>;

/**
 * Times bringing up the default set, side by side: by plain `docker run` and by `pulumi up`, images present. A round
 * before the first, which is not counted, builds what is missing and learns the commands.
 *
 * @param rounds how often; the table shows minimum, median and maximum
 */
export async function main(rounds = 5): Promise<void> {
  const set = await Deployment.create("bench", CONFIGURATION);
  const empty = await Deployment.create("empty", {}, { program: `${projectRoot}/benchmarks/empty` });
  try {
    await succeeding(set.up());
    await succeeding(empty.up());
    const dockerRun = await DockerRun.learn(SET, SUBNET);
    const target = targetOf(await set.outputs());
    await succeeding(set.down());
    const times: Times[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      times.push({ ...(await timeDockerRun(dockerRun, target)), ...(await timePulumi(set, empty)) });
      process.stderr.write(`round ${round} of ${rounds}\n`);
    }
    await dockerRun.forget();
    process.stdout.write(table(times));
  } finally {
    await set.dispose();
    await empty.dispose();
  }
}

async function timeDockerRun(
  set: DockerRun,
  target: VerificationTarget,
): Promise<Pick<Times, "running" | "inSync" | "works">> {
  const start = performance.now();
  const since = () => performance.now() - start;
  let inSync = Number.NaN;
  try {
    await set.start();
    const running = since();
    const report = await verify(target, {
      progress: (line) => {
        if (line.startsWith("✓ every replica follows")) {
          inSync = since();
        }
      },
    });
    if (!report.passed) {
      throw new VerificationError(report);
    }
    return { running, inSync, works: since() };
  } finally {
    await set.stop();
  }
}

async function timePulumi(set: Deployment, empty: Deployment): Promise<Pick<Times, "up" | "unchanged" | "empty">> {
  const up = await timed(() => set.up());
  const unchanged = await timed(() => set.up());
  const nothing = await timed(() => empty.up());
  await succeeding(set.down());
  return { up, unchanged, empty: nothing };
}

async function timed(action: () => Promise<CommandResult>): Promise<number> {
  const start = performance.now();
  await succeeding(action());
  return performance.now() - start;
}

async function succeeding(command: Promise<CommandResult>): Promise<void> {
  const { exitCode, output } = await command;
  if (exitCode !== 0) {
    throw new Error(output);
  }
}

function targetOf(outputs: Record<string, unknown>): VerificationTarget {
  const { topology, password, commander } = outputs as {
    topology: Topology;
    password: string;
    commander: { password: string };
  };
  return verificationTarget(topology, { password, commanderPassword: commander.password });
}

function table(times: readonly Times[]): string {
  const rows = Object.entries(MEASURED).map(([key, label]) => {
    const sorted = times.map((round) => round[key as keyof Times]).sort((one, other) => one - other);
    return `| ${label} | ${[sorted.at(0), middle(sorted), sorted.at(-1)].map(seconds).join(" | ")} |`;
  });
  const median = (key: keyof Times) => middle(times.map((round) => round[key]).sort((one, other) => one - other));
  const [a, b, c, d] = [median("inSync"), median("up"), median("unchanged"), median("empty")];
  return [
    `| ${times.length} rounds, seconds | minimum | median | maximum |`,
    "| --- | --- | --- | --- |",
    ...rows,
    "",
    `b <= 1.5 x a + d: ${seconds(b)} and ${seconds(1.5 * a + d)}`,
    `c <= 1.3 x d: ${seconds(c)} and ${seconds(1.3 * d)}`,
    "",
  ].join("\n");
}

function middle(sorted: readonly number[]): number {
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  return (lower + upper) / 2;
}

function seconds(milliseconds = Number.NaN): string {
  return (milliseconds / 1000).toFixed(2);
}
