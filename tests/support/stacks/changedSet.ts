import { expect } from "vitest";
import type { DeployedSet } from "../../../topology/outputs.ts";
import { askNode, underLoad } from "./application.ts";
import type { CommandResult, Configuration, DeployedStack } from "./deployedStack.ts";
import { checkNames, nothingChanged, resources, stackTrace } from "./engineOutput.ts";

/** A set without gateways, exporter and Commander that is changed again and again, and what every change must keep. */
export class ChangedSet {
  readonly #stack: DeployedStack;
  #deployed: DeployedSet | undefined;

  constructor(stack: DeployedStack) {
    this.#stack = stack;
  }

  /** As it was when the last update had ended. */
  get deployed(): DeployedSet {
    if (this.#deployed === undefined) {
      throw new Error("the set was not brought up yet");
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

  /** Updates under load: nothing that was acknowledged is lost, and the master moved once at most, by handing over. */
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
    // Where no replica is to spare, the new master takes no writes until the old one is back.
    if (dataNodes.length - 1 > redisRules.minReplicasToWrite) {
      // A master that stops without handing over is replaced too, and that is one new epoch, but only after this time.
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

  /** Has the Sentinels promote any other node, as after a failure. */
  async failOver(): Promise<void> {
    const before = await this.masterName();
    const { sentinels, masterName: name } = this.deployed.topology;
    await askNode(this.deployed, sentinels[0]!, "SENTINEL", "FAILOVER", name);
    await expect.poll(() => this.masterName(), { timeout: 30_000, interval: 200 }).not.toBe(before);
  }

  /** Has a node promoted: Sentinels prefer the lowest priority, once they have seen it, of the nodes that answer them. */
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
    // The old master follows last, and its replicas before it.
    const roles = async () =>
      (await Promise.all(dataNodes.map((one) => askNode(this.deployed, one, "ROLE")))).map(
        (role) => (role as string[])[0],
      );
    await expect
      .poll(async () => (await roles()).filter((role) => role === "master"), { timeout: 30_000 })
      .toHaveLength(1);
  }

  /** What a Sentinel lists too much or too little of, in its own words; as a client without the checks sees it. */
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

  /** Each failover and each switchover makes a new one. */
  async configEpoch(): Promise<number> {
    return Math.max(...(await this.everySentinelSays("config-epoch")).map(Number));
  }
}

/** A reply of names and values in turn. */
function fieldOf(reply: readonly string[], name: string): string | undefined {
  return reply[reply.indexOf(name) + 1];
}
