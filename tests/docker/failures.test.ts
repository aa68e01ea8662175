import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { imageFor } from "../../images/catalog.ts";
import { describeWithDocker } from "../support/docker/daemon.ts";
import { Deployment } from "../support/docker/deployment.ts";
import { smallSet } from "../support/docker/places.ts";
import { checkNames, nothingChanged, resources, stackTrace } from "../support/stacks/engineOutput.ts";

const set = smallSet("ha-test-circumstances");

describeWithDocker("a failing update on Docker", () => {
  let deployment: Deployment;

  beforeAll(async () => {
    deployment = await Deployment.create(set.name, set);
    return () => deployment.dispose();
  });

  describe("before anything is created", () => {
    test("lists all problems of the configuration at once, with path and expected value", async () => {
      await deployment.configure({
        ...set,
        replicas: 0,
        sentinels: { count: 2, quorum: 4 },
        size: "tiny",
        password: "too short!",
        colour: "red",
        docker: { ...set.docker, subnet: "10.213.3.0/29" },
      });
      const output = await failingUpdate();
      expect(output).toContain("the stack's configuration has 6 problems:");
      for (const problem of [
        "size: got tiny, expected minimum, recommended, dev, or an object with no other keys than",
        "password: got a text of 10 characters, 2 of them not allowed, expected 16 to 128 letters, digits",
        "colour: got an unknown key, expected one of name, target, replicas,",
        "sentinels.quorum: got 4, expected 1 to 2, the number of Sentinels",
        "redis.minReplicasToWrite: got 1, expected at most 0, the number of replicas",
        "docker.subnet: got 10.213.3.0/29, expected a prefix of at most /28, for 1 data nodes, 2 Sentinels",
      ]) {
        expect(output).toContain(problem);
      }
      expect(output).not.toContain("too short!");
      expect(await deployment.onDocker.everything()).toEqual([]);
    });

    test("names a Docker daemon that does not answer", async () => {
      await deployment.configure({ ...set, "docker:host": "unix:///tmp/no-docker-here.sock" });
      const output = await failingUpdate();
      expect(output).toContain(
        "Docker at unix:///tmp/no-docker-here.sock cannot be reached: nothing listens at this address",
      );
      expect(await deployment.onDocker.everything()).toEqual([]);
    });
  });

  describe("during the deployment", () => {
    test("names the network that overlaps the subnet of the set", async () => {
      await deployment.configure(set);
      const other = await deployment.onDocker.createNetwork("ha-test-circumstances-other", "10.213.3.128/25");
      onTestFinished(() => other.remove());
      const output = await failingUpdate();
      expect(output).toContain("10.213.3.0/24 overlaps 10.213.3.128/25 of network ha-test-circumstances-other");
    });

    test("ends cleanly if it is interrupted by Ctrl-C", async () => {
      const update = deployment.up();
      const containers = async () => Object.keys(await deployment.onDocker.containers());
      await expect.poll(containers, { timeout: 30_000 }).not.toEqual([]);
      deployment.interrupt();
      const { exitCode, output } = await update;
      expect(exitCode, output).not.toBe(0);
      expect(output).toContain("^C received; cancelling.");
      expect(output).not.toMatch(stackTrace);
    });

    test("names the program that uses a port of the set", async () => {
      const port = set.docker.ports.redis + 1;
      const other = await listen(port);
      onTestFinished(() => void other.close());
      const output = await failingUpdate();
      expect(output).toMatch(
        new RegExp(`port ${port} is in use by program .* \\(process ${process.pid}\\): stop it, or publish another`),
      );
    });

    test("does not block the next update", async () => {
      await expectToConverge();
    });
  });

  describe("of a running set", () => {
    test("is refused if its state did not create the set, and a `down` with that state removes nothing", async () => {
      const [before, everything] = [await runningContainers(), await deployment.onDocker.everything()];
      const clone = await Deployment.create(set.name, set, { clone: "second" });
      onTestFinished(() => clone.dispose());
      const { exitCode, output } = await clone.up();
      expect(exitCode, output).not.toBe(0);
      expect(output).not.toMatch(stackTrace);
      expect(output).toContain(
        "objects on the Docker engine do not belong to this state of the stack; nothing was changed:",
      );
      expect(output).toContain(
        `got ${everything.toSorted(byKind).join(", ")}, expected only objects that this state created`,
      );
      const down = await clone.operate("down", ["--yes"], {});
      expect(down.exitCode, down.output).toBe(0);
      expect(await deployment.onDocker.everything()).toEqual(everything);
      expect(await runningContainers()).toEqual(before);
    });

    test("names an image that is not available, and leaves the running containers alone", async ({ skip }) => {
      const { reference } = imageFor("redis", "upstream");
      skip(await deployment.onDocker.canHaveImage(reference), `${reference} is available here`);
      const before = await runningContainers();
      await deployment.configure({ ...set, images: "upstream" });
      const output = await failingUpdate();
      expect(output).toContain(`image ${reference} is missing in Docker and cannot be pulled`);
      expect(await runningContainers()).toEqual(before);

      await deployment.configure(set);
      const { exitCode, output: corrected } = await deployment.up();
      expect(exitCode, corrected).toBe(0);
      // The updated resource is the recorded plan.
      expect(resources(corrected), corrected).toEqual(["~ 1 updated", expect.stringMatching(nothingChanged)]);
      await expectNothingToDo();
    });

    test("reports a node that does not start within seconds, with its last log lines", async () => {
      await deployment.configure({ ...set, redis: { directives: { "oom-score-adj": "often" } } });
      const start = performance.now();
      const output = await failingUpdate();
      expect(performance.now() - start).toBeLessThan(45_000);
      // The replica is changed before the master.
      expect(output).toContain("ha-test-circumstances-redis-1 is not ready");
      expect(output).toContain("its last log lines:");
      expect(output).toContain(">>> 'oom-score-adj often'");
      expect(output).toContain("look at: docker logs ha-test-circumstances-redis-1");
    });

    test("does not block the next update, which repairs the node and verifies the set", async () => {
      await deployment.configure(set);
      await expectToConverge();
    });
  });

  async function failingUpdate(): Promise<string> {
    const { exitCode, output } = await deployment.up();
    expect(exitCode, output).not.toBe(0);
    expect(output).not.toMatch(stackTrace);
    return output;
  }

  async function expectToConverge(): Promise<void> {
    const { exitCode, output } = await deployment.up();
    expect(exitCode, output).toBe(0);
    expect(checkNames(output, "✓")).toHaveLength(12);
    await expectNothingToDo();
  }

  async function expectNothingToDo(): Promise<void> {
    const { exitCode, output } = await deployment.up();
    expect(exitCode, output).toBe(0);
    expect(resources(output), output).toEqual([expect.stringMatching(nothingChanged)]);
  }

  /** The process id of each container. It differs after a restart, and is 0 if the container does not run. */
  async function runningContainers(): Promise<Readonly<Record<string, number>>> {
    const containers = Object.entries(await deployment.onDocker.containers());
    return Object.fromEntries(containers.map(([part, { State }]) => [part, State.Pid]));
  }
});

/** Sorts containers before volumes, and volumes before networks: the order in which they can be removed. */
function byKind(left: string, right: string): number {
  const place = (object: string) => ["container", "volume", "network"].indexOf(object.split(" ")[0] ?? "");
  return place(left) - place(right) || (left < right ? -1 : 1);
}

async function listen(port: number): Promise<Server> {
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}
