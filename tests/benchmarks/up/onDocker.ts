import { VerificationError } from "../../../checks/report.ts";
import { verify } from "../../../checks/verify.ts";
import type { VerificationTarget } from "../../../redis/target.ts";
import { targetOf } from "../../../redis/target.ts";
import { Deployment } from "../../support/docker/deployment.ts";
import { DockerRun } from "./dockerRun.ts";
import { EmptyStack, type PulumiMeasured, pulumiLabels, timePulumi, withStack } from "./pulumiUp.ts";
import type { Times, Yardstick } from "./times.ts";
import { succeeding } from "./timing.ts";

const setName = "redis-ha-bench";
const setSubnet = "10.63.80.0/24";
const configuration = {
  name: setName,
  images: "local",
  size: "dev",
  docker: {
    subnet: setSubnet,
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
    works: "docker run, then verified",
    ...pulumiLabels,
  },
  goals: [
    { words: "b <= 1.5 x a + d", of: "up", limit: ({ inSync, empty }) => 1.5 * inSync + empty },
    { words: "c <= 1.3 x d", of: "unchanged", limit: ({ empty }) => 1.3 * empty },
  ],
};

/**
 * Times the deployment of the default set with plain `docker run` and with `pulumi up`, with all images present. An
 * uncounted round before the first one builds what is missing and derives the commands.
 *
 * @param report is called with the times of each round
 */
export async function timeOnDocker(
  rounds: number,
  report: (round: Times<DockerMeasured>) => void,
): Promise<readonly Times<DockerMeasured>[]> {
  return withStack(Deployment.create("bench", configuration), (set) =>
    withStack(EmptyStack.create(), async (empty) => {
      await succeeding(set.up());
      const target = targetOf(await set.deployedSet());
      const dockerRun = await DockerRun.of(setName, setSubnet);
      try {
        await succeeding(set.down());
        const times: Times<DockerMeasured>[] = [];
        for (let round = 1; round <= rounds; round += 1) {
          const measured = { ...(await timeDockerRun(dockerRun, target)), ...(await timePulumi(set, empty)) };
          times.push(measured);
          await succeeding(set.down());
          report(measured);
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
    const verification = await verify(target, {
      progress: (line) => {
        if (line.startsWith("✓ every replica follows")) {
          inSync = since();
        }
      },
    });
    if (!verification.passed) {
      throw new VerificationError(verification);
    }
    return { running, inSync, works: since() };
  } finally {
    await set.stop();
  }
}
