import { Redis } from "ioredis";
import { beforeAll, expect, test } from "vitest";
import { describeWithDocker } from "../support/docker/daemon.ts";
import { Deployment } from "../support/docker/deployment.ts";
import { smallSet } from "../support/docker/places.ts";
import { checkNames, nothingChanged, resources, stackTrace } from "../support/stacks/engineOutput.ts";

const set = smallSet("ha-test-verification");

/** A change that affects no container, so that an update only verifies the set and repairs no node. */
const withoutConsequences = { client: { poolSize: 11 } };

/** The planned maxmemory of a node with 256 MB, and another value that is set by hand. */
const planned = 115 * 1024 ** 2;
const byHand = 64 * 1024 ** 2;

describeWithDocker("a set with a replica that differs from the plan", () => {
  let deployment: Deployment;

  beforeAll(async () => {
    deployment = await Deployment.create(set.name, set);
    return () => deployment.dispose();
  });

  test("is brought up with the planned value", async () => {
    const { exitCode, output } = await deployment.up();
    expect(exitCode, output).toBe(0);
    expect(await replicaConfig("GET", "maxmemory")).toEqual(["maxmemory", String(planned)]);
  });

  test("fails an update with the message of the check and without a stack trace", async () => {
    await replicaConfig("SET", "maxmemory", String(byHand));
    await deployment.configure({ ...set, ...withoutConsequences });
    await expectUpdateToFail();
  });

  test("fails the next update too, although nothing else has changed", async () => {
    await expectUpdateToFail();
  });

  test("passes the next update after the replica is repaired", async () => {
    await replicaConfig("SET", "maxmemory", String(planned));
    const { exitCode, output } = await deployment.up();
    expect(exitCode, output).toBe(0);
    expect(checkNames(output, "✗")).toEqual([]);
    expect(checkNames(output, "✓")).toContain("memory and persistence settings match the plan");
    expect(resources(output), output).toEqual(["~ 1 updated", expect.stringMatching(nothingChanged)]);
  });

  test("is not verified again by the update after that", async () => {
    const { exitCode, output } = await deployment.up();
    expect(exitCode, output).toBe(0);
    expect(resources(output), output).toEqual([expect.stringMatching(nothingChanged)]);
    expect(checkNames(output, "✓")).toEqual([]);
  });

  async function expectUpdateToFail(): Promise<void> {
    const { exitCode, output } = await deployment.up();
    expect(exitCode, output).not.toBe(0);
    expect(output).toMatch(/the set does not work as planned: 1 of 12 checks failed, after \d+ ms/);
    expect(checkNames(output, "✗")).toEqual(["memory and persistence settings match the plan"]);
    expect(output).toContain(`redis-1 runs with maxmemory ${byHand}; the plan says ${planned}`);
    expect(output).toMatch(/look at: redis-cli -h \S+ -p \d+ .*CONFIG GET maxmemory/);
    expect(output).not.toMatch(stackTrace);
  }

  async function replicaConfig(action: "GET" | "SET", ...what: readonly string[]): Promise<unknown> {
    const { password, topology } = await deployment.deployedSet();
    const client = new Redis({ ...topology.dataNodes[1]?.published, password });
    try {
      return await client.call("CONFIG", action, ...what);
    } finally {
      client.disconnect();
    }
  }
});
