import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { guardedParts, nodesOf } from "../../../topology/nodes.ts";
import { plan } from "../../../topology/plan.ts";
import { capacity } from "../../../topology/settings/capacity.ts";
import {
  parseSettings,
  type Settings,
  type SettingsInput,
  validateSettings,
} from "../../../topology/settings/settings.ts";
import type { NodePlan, Topology } from "../../../topology/topology.ts";
import { damagedSettings, rawConfigurations, wellFormedSettings } from "../../support/unit/configurations.ts";
import { problemsOf, refusalOf } from "../../support/unit/judgement.ts";

describe("for any configuration", () => {
  test("the plan is consistent, or every problem has a path, the value and the expected values", () => {
    let plans = 0;
    fc.assert(
      fc.property(wellFormedSettings(), (input) => {
        const settings = validateIfPossible(input);
        const problems = settings === undefined ? problemsOf(input) : refusalOf(() => plan(settings));
        for (const problem of problems) {
          expect(problem).toMatchObject({ path: /./, got: /./, expected: /./ });
        }
        if (settings !== undefined && problems.length === 0) {
          plans += 1;
          expectConsistent(plan(settings).topology, settings);
        }
      }),
      { numRuns: 1000 },
    );
    // Proves that the generator also produces settings that are accepted.
    expect(plans).toBeGreaterThan(100);
  });

  test("damaged settings cause a SettingsError and no other error", () => {
    fc.assert(
      fc.property(damagedSettings(), (input) => {
        expect(Array.isArray(problemsOf(input))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test("any text that Pulumi may pass causes a SettingsError and no other error", () => {
    fc.assert(
      fc.property(rawConfigurations(), (raw) => {
        expect(Array.isArray(refusalOf(() => plan(parseSettings(raw, "redis-ha").settings)))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test("no problem contains a password", () => {
    const secret = fc.stringMatching(/^hunter2[ -~]{0,30}$/);
    fc.assert(
      fc.property(secret, secret, (password, commanderPassword) => {
        const raw = {
          "redis-ha:password": password,
          "redis-ha:gateway": JSON.stringify({ password: commanderPassword }),
          "redis-ha:commander": JSON.stringify({ password: commanderPassword }),
          "redis-ha:redis": JSON.stringify({ directives: { requirepass: password }, requirepass: password }),
          "redis-ha:requirepass": password,
        };
        const problems = refusalOf(() => parseSettings(raw, "redis-ha", []));
        expect(problems).not.toEqual([]);
        expect(JSON.stringify(problems)).not.toContain("hunter2");
      }),
    );
  });
});

describe("scaling", () => {
  test("keeps the name, address, port and id of every node that remains", () => {
    fc.assert(
      fc.property(counts(), counts(), (before, after) => {
        const [smaller, larger] = [planned(before), planned(after)];
        expect(remaining(smaller.dataNodes, larger.dataNodes)).toEqual(remaining(larger.dataNodes, smaller.dataNodes));
        expect(remaining(smaller.sentinels, larger.sentinels)).toEqual(remaining(larger.sentinels, smaller.sentinels));
        expect({ ...smaller.exporter, ...smaller.host }).toEqual({ ...larger.exporter, ...larger.host });
        expect(smaller.redisRules).toEqual(larger.redisRules);
      }),
    );
  });

  function counts() {
    return fc.record({ replicas: fc.integer({ min: 1, max: 30 }), sentinels: fc.integer({ min: 1, max: 15 }) });
  }

  function planned(set: { readonly replicas: number; readonly sentinels: number }): Topology {
    return plan(validateSettings({ replicas: set.replicas, sentinels: { count: set.sentinels } })).topology;
  }

  function remaining<Node extends NodePlan>(nodes: readonly Node[], others: readonly Node[]): readonly Node[] {
    return nodes.slice(0, others.length);
  }
});

function validateIfPossible(input: SettingsInput): Settings | undefined {
  return refusalOf(() => validateSettings(input)).length === 0 ? validateSettings(input) : undefined;
}

function expectConsistent(topology: Topology, settings: Settings): void {
  const { dataNodes, sentinels, gateways, loginProxy, host, redisRules, sentinelRules, client } = topology;
  const nodes = nodesOf(topology);
  expect(dataNodes).toHaveLength(settings.replicas + 1);
  expectDistinct(nodes.map((node) => node.name));
  const subnet = host.target === "docker" ? host.subnet : host.serviceSubnet;
  expectDistinct([...(host.target === "docker" ? [host.gateway] : []), ...nodes.map((node) => node.endpoint.host)]);
  const listeners = [
    // The login proxy has no listener of its own: its ports are the `access` ports of the parts behind it.
    ...nodes.filter((node) => node !== loginProxy),
    ...guardedParts(topology).map(({ access }) => access),
    ...gateways.flatMap(({ reads, statistics }) => [reads, statistics]),
  ];
  expectDistinct(listeners.map(({ published }) => `${published.host}:${published.port}`));
  expectDistinct(sentinels.map((sentinel) => sentinel.id));
  for (const node of nodes) {
    expect(isHostAddressOf(node.endpoint.host, subnet), `${node.endpoint.host} in ${subnet}`).toBe(true);
    expect(node.published.port).toBeLessThanOrEqual(65_535);
  }
  for (const sentinel of sentinels) {
    expect(sentinel.id).toMatch(/^[0-9a-f]{40}$/);
  }
  expect(sentinelRules.quorum).toBeLessThanOrEqual(sentinels.length);
  expect(sentinelRules.downAfter).toBeLessThanOrEqual(sentinelRules.failoverTimeout);
  expect(redisRules.minReplicasToWrite).toBeLessThan(dataNodes.length);
  expect(client.minIdle).toBeLessThanOrEqual(client.poolSize);
  expect(client.poolSize).toBeLessThanOrEqual(client.maxConnections);
  const { process, clientBuffers, replicaOutputBuffer, fragmentation, copyOnWrite, maxmemory } = capacity(
    Math.min(...dataNodes.map((node) => node.size.memory)),
    redisRules,
  );
  expect(process + clientBuffers + replicaOutputBuffer + fragmentation + copyOnWrite + maxmemory).toBeLessThanOrEqual(
    Math.min(...dataNodes.map((node) => node.size.memory)),
  );
}

function expectDistinct(values: readonly string[]): void {
  expect([...new Set(values)]).toEqual(values);
}

/**
 * True for an address of the network that is neither the network address nor the broadcast address. Calculated
 * independently of the planner.
 */
function isHostAddressOf(address: string, cidr: string): boolean {
  const [base = "", prefix] = cidr.split("/");
  const number = (text: string) => text.split(".").reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);
  const offset = number(address) - number(base);
  return offset > 0n && offset < 2n ** (32n - BigInt(prefix ?? "32")) - 1n;
}
