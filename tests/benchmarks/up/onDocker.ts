import { VerificationError } from "../../../checks/report.ts";
import { verify } from "../../../checks/verify.ts";
import type { VerificationTarget } from "../../../redis/target.ts";
import { targetOf } from "../../../redis/target.ts";
import { Deployment } from "../../support/docker/deployment.ts";
import { DockerRun } from "./dockerRun.ts";
import { EmptyStack, type PulumiMeasured, pulumiLabels, timePulumi, withStack } from "./pulumiUp.ts";
import type { Times, Yardstick } from "./times.ts";
import { succeeding } from "./timing.ts";

const SET = "redis-ha-bench";
const SUBNET = "10.63.80.0/24";
const CONFIGURATION = {
  name: SET,
  images: "local",
  size: "dev",
  docker: {
    subnet: SUBNET,
    ports: {
      redis: 15379,
      sentinel: 25379,
      writes: 15479,
      reads: 15579,
      statistics: 18405,
      exporter: 19122,
      commander: 18082,
    },
  },
};

type RunMeasured = "running" | "inSync" | "works";
export type DockerMeasured = RunMeasured | PulumiMeasured;

export const dockerYardstick: Yardstick<DockerMeasured> = {
  labels: {
    running: "docker run, all containers running",
    inSync: "docker run, replicas in sync (a)",
    works: "docker run, all that the checks ask for",
    ...pulumiLabels,
  },
  goals: [
    { words: "b <= 1.5 x a + d", of: "up", limit: ({ inSync, empty }) => 1.5 * inSync + empty },
    { words: "c <= 1.3 x d", of: "unchanged", limit: ({ empty }) => 1.3 * empty },
  ],
};

/**
 * Times bringing up the default set, side by side: by plain `docker run` and by `pulumi up`, images present. A round
 * before the first, which is not counted, builds what is missing and learns the commands.
 *
 * @param told is called with each round that is over
 */
export async function timeOnDocker(
  rounds: number,
  told: (round: Times<DockerMeasured>) => void,
): Promise<readonly Times<DockerMeasured>[]> {
  return withStack(Deployment.create("bench", CONFIGURATION), (set) =>
    withStack(EmptyStack.create(), async (empty) => {
      await succeeding(set.up());
      const target = targetOf(await set.deployedSet());
      const dockerRun = await DockerRun.learn(SET, SUBNET);
      try {
        await succeeding(set.down());
        const times: Times<DockerMeasured>[] = [];
        for (let round = 1; round <= rounds; round += 1) {
          const measured = { ...(await timeDockerRun(dockerRun, target)), ...(await timePulumi(set, empty)) };
          times.push(measured);
          await succeeding(set.down());
          told(measured);
        }
        return times;
      } finally {
        await dockerRun.forget();
      }
    }),
  );
}

async function timeDockerRun(set: DockerRun, target: VerificationTarget): Promise<Times<RunMeasured>> {
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
