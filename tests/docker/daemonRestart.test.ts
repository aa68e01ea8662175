import { beforeAll, expect, test } from "vitest";
import { dockerEngine } from "../../hosts/docker/engine.ts";
import { ensureLocalImage } from "../../images/build.ts";
import { imageFor } from "../../images/catalog.ts";
import { prepareDocker } from "../../toolchain/docker/docker.ts";
import { describeWithDocker } from "../support/docker/daemon.ts";
import { Deployment } from "../support/docker/deployment.ts";
import { OwnDaemon, obstacle } from "../support/docker/ownDaemon.ts";
import { bareSet } from "../support/docker/places.ts";
import { checkNames, nothingChanged, resources } from "../support/stacks/engineOutput.ts";

const set = bareSet("ha-test-daemon");

describeWithDocker(
  `a set whose Docker daemon is restarted${obstacle === undefined ? "" : ` (skipped: ${obstacle})`}`,
  () => {
    let daemon: OwnDaemon;
    let deployment: Deployment;

    beforeAll(async () => {
      if (obstacle !== undefined) {
        return;
      }
      const environment = await prepareDocker(process.env);
      const usual = dockerEngine(environment["DOCKER_HOST"]);
      await ensureLocalImage("redis", { docker: usual, progress: () => undefined });
      daemon = await OwnDaemon.create();
      await daemon.copyImage(imageFor("redis", "local").reference, usual);
      deployment = await Deployment.create(set.name, set, { daemon });
      return async () => {
        await deployment.dispose();
        await daemon.dispose();
      };
    });

    test.skipIf(obstacle !== undefined)("is brought up and stores data", async () => {
      const { exitCode, output } = await deployment.up();
      expect(exitCode, output).toBe(0);
      expect(await ask("redis-0", "SET kept always")).toBe("OK");
    });

    test.skipIf(obstacle !== undefined)("recovers automatically with its data", async () => {
      await daemon.stop();
      await daemon.start();
      await expectToWork();
      for (const node of ["redis-0", "redis-1", "redis-2"]) {
        expect(await ask(node, "GET kept")).toBe("always");
      }
    });

    /** Changes a setting that affects no container, so that the update only verifies the set. */
    async function expectToWork(): Promise<void> {
      await deployment.configure({ ...set, client: { poolSize: 11 } });
      const { exitCode, output } = await deployment.up();
      expect(exitCode, output).toBe(0);
      expect(checkNames(output, "✓")).toHaveLength(12);
      // The two updated resources are the recorded plan and the fingerprint of the verified set.
      expect(resources(output), output).toEqual(["~ 2 updated", expect.stringMatching(nothingChanged)]);
    }

    /** Queries a node from inside its container, because its ports are in the daemon's own network namespace. */
    async function ask(node: string, question: string): Promise<string> {
      const script = `{ cat /etc/redis-ha-secrets/authenticate; echo '${question}'; } | redis-cli | tail -n 1`;
      return (await deployment.onDocker.run(node, ["sh", "-c", script])).trim();
    }
  },
);
