import { expect } from "vitest";
import type { DeployedSet } from "../../../topology/outputs.ts";
import { askNode, underLoad } from "./application.ts";
import type { CommandResult, Configuration, DeployedStack } from "./deployedStack.ts";
import { checkNames, nothingChanged, resources, stackTrace } from "./engineOutput.ts";

/**
 * A set without gateways, exporter and Redis Commander that is changed repeatedly, and the promises of every change.
 */
export class ChangedSet {
  readonly #stack: DeployedStack;
  #deployed: DeployedSet | undefined;

  constructor(stack: DeployedStack) {
    this.#stack = stack;
  }

  /** The set after the last update. */
  get deployed(): DeployedSet {
    if (this.#deployed === undefined) {
      throw new Error("the set has not been brought up yet");
    }
    return this.#deployed;
  }

  async expectToUpdate(configuration: Configuration): Promise<CommandResult> {
    await this.#stack.configure(configuration);
    const start = performance.now();
    const { exitCode, output } = await this.#stack.up();
    console.log(`up in ${Math.round(performance.now() - start)} ms`);
    expect(exitCode, output).toBe(0);
    expect(output).not.toMatch(stackTrace);
    expect(checkNames(output, "✓")).toHaveLength(12);
    this.#deployed = await this.#stack.deployedSet();
    return { exitCode, output };
  }

  /** Updates under load. Expects no lost acknowledged write, and at most one change of the master, by a switchover. */
  async expectOneSwitchover(configuration: Configuration): Promise<void> {
    const before = await this.configEpoch();
    const { dataNodes, redisRules, sentinelRules } = this.deployed.topology;
    const report = await underLoad(this.deployed, async () => {
      await this.expectToUpdate(configuration);
      return this.deployed;
    });
    const pause = Math.max(...report.pauses.map(({ length }) => length));
    console.log(
      `${report.acknowledged} acknowledged, ${report.lost.count} lost, longest pause ${Math.round(pause)} ms, ` +
        `${(await this.configEpoch()) - before} switchovers`,
    );
    expect(report.lost).toMatchObject({ count: 0 });
    expect(await this.configEpoch()).toBeLessThanOrEqual(before + 1);
    // Without a spare replica, the new master takes no writes until the old one is back.
    if (dataNodes.length - 1 > redisRules.minReplicasToWrite) {
      // A master that stops without a switchover also starts one new epoch, but is replaced only after this time.
      expect(pause).toBeLessThan(sentinelRules.downAfter);
    }
  }

  async expectNothingToDo(): Promise<void> {
    const { exitCode, output } = await this.#stack.up();
    expect(exitCode, output).toBe(0);
    expect(resources(output), output).toEqual([expect.stringMatching(nothingChanged)]);
  }

  /** The data node that the first Sentinel names. */
  async masterName(): Promise<string | undefined> {
    const { sentinels, dataNodes, masterName: name } = this.deployed.topology;
    const answer = await askNode(this.deployed, sentinels[0]!, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", name);
    const [host] = answer as readonly string[];
    return dataNodes.find(({ endpoint }) => endpoint.host === host)?.name;
  }

  /** Makes the Sentinels promote any other node, as after a failure. */
  async failOver(): Promise<void> {
    const before = await this.masterName();
    const { sentinels, masterName: name } = this.deployed.topology;
    await askNode(this.deployed, sentinels[0]!, "SENTINEL", "FAILOVER", name);
    await expect.poll(() => this.masterName(), { timeout: 30_000, interval: 200 }).not.toBe(before);
  }

  /** Makes a node the master. Sentinels promote the answering node with the lowest priority that they have seen. */
  async lead(name: string): Promise<void> {
    const { sentinels, dataNodes, masterName: master } = this.deployed.topology;
    const [sentinel] = sentinels;
    const node = dataNodes.find((one) => one.name === name)!;
    if ((await this.masterName()) === name) {
      return;
    }
    await askNode(this.deployed, node, "CONFIG", "SET", "replica-priority", "1");
    const seen = async () => {
      const replicas = (await askNode(this.deployed, sentinel!, "SENTINEL", "REPLICAS", master)) as string[][];
      const fields = replicas.find(([, address]) => address?.startsWith(node.endpoint.host)) ?? [];
      const answered = Number(fieldOf(fields, "last-ok-ping-reply"));
      return `priority ${fieldOf(fields, "slave-priority")}, ${answered < 1000 ? "answers" : "silent"}`;
    };
    await expect.poll(seen, { timeout: 20_000 }).toBe("priority 1, answers");
    await askNode(this.deployed, sentinel!, "SENTINEL", "FAILOVER", master);
    await expect.poll(() => this.masterName(), { timeout: 30_000 }).toBe(name);
    // The old master follows the new one last, after the other replicas.
    const roles = async () =>
      (await Promise.all(dataNodes.map((one) => askNode(this.deployed, one, "ROLE")))).map(
        (role) => (role as string[])[0],
      );
    await expect
      .poll(async () => (await roles()).filter((role) => role === "master"), { timeout: 30_000 })
      .toHaveLength(1);
  }

  /** Describes Sentinels that list too many or too few nodes, without using the code of the checks. */
  async ghostsAndMissing(): Promise<readonly string[]> {
    const { sentinels, dataNodes, masterName: master } = this.deployed.topology;
    const findings = await Promise.all(
      sentinels.map(async (sentinel) => {
        const replicas = (await askNode(this.deployed, sentinel, "SENTINEL", "REPLICAS", master)) as unknown[];
        const others = (await askNode(this.deployed, sentinel, "SENTINEL", "SENTINELS", master)) as unknown[];
        return replicas.length === dataNodes.length - 1 && others.length === sentinels.length - 1
          ? []
          : [`${sentinel.name} lists ${replicas.length} replicas and ${others.length} Sentinels`];
      }),
    );
    return findings.flat();
  }

  async everySentinelSays(field: string): Promise<readonly (string | undefined)[]> {
    const { sentinels, masterName: master } = this.deployed.topology;
    return Promise.all(
      sentinels.map(async (sentinel) =>
        fieldOf((await askNode(this.deployed, sentinel, "SENTINEL", "MASTER", master)) as string[], field),
      ),
    );
  }

  /** The latest epoch. Each failover and each switchover starts a new one. */
  async configEpoch(): Promise<number> {
    return Math.max(...(await this.everySentinelSays("config-epoch")).map(Number));
  }
}

/** A field of a reply in which names and values alternate. */
function fieldOf(reply: readonly string[], name: string): string | undefined {
  return reply[reply.indexOf(name) + 1];
}
