import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { clientLimits } from "../../../topology/clientLimits.ts";
import { applicationConnections, gatewayConnections, reservedConnections } from "../../../topology/connections.ts";
import { plan } from "../../../topology/plan.ts";
import { presetNames } from "../../../topology/settings/presets.ts";
import { formatBytes } from "../../../topology/settings/quantities.ts";
import { validateSettings } from "../../../topology/settings/settings.ts";

const megabyte = 1024 ** 2;

test("8 MB of client buffers allow 409 connections, values of 2 MB and replies of 4 MB", () => {
  expect(clientLimits(8 * megabyte)).toEqual({
    memory: 8 * megabyte,
    connections: 409,
    largestValue: 2 * megabyte,
    unreadAnswers: 4 * megabyte,
    unreadMessages: 4 * megabyte,
    lateMessages: megabyte,
    waitingCommands: 4 * megabyte,
  });
});

test("large client buffers do not raise the limits above those of Redis", () => {
  const { connections, largestValue, waitingCommands } = clientLimits(64 * 1024 * megabyte);
  expect({ connections, largestValue, waitingCommands }).toEqual({
    connections: 10_000,
    largestValue: 512 * megabyte,
    waitingCommands: 1024 * megabyte,
  });
});

test("the maximum number of new connections, 17,280 bytes each, uses less than the client buffers", () => {
  fc.assert(
    fc.property(fc.integer({ min: 4 * megabyte, max: 2 ** 40 }), (memory) => {
      expect(clientLimits(memory).connections * 17_280).toBeLessThan(memory);
    }),
  );
});

test("the default set reserves 48 connections of each data node for itself", () => {
  const settings = validateSettings({ size: "dev" });
  expect(reservedConnections(settings)).toBe(48);
  expect(applicationConnections(settings)).toBe(409 - 48);
});

test("all gateways together never open more connections to a data node than it has for applications", () => {
  const counts = { replicas: fc.integer({ min: 1, max: 30 }), gateways: fc.integer({ min: 1, max: 5 }) };
  fc.assert(
    fc.property(counts.replicas, counts.gateways, (replicas, count) => {
      const settings = validateSettings({ size: "dev", replicas, gateway: { count } });
      expect(count * gatewayConnections(settings)).toBeLessThanOrEqual(applicationConnections(settings));
      expect(plan(settings).topology.gateways.map(({ connections }) => connections)).toEqual(
        Array.from({ length: count }, () => gatewayConnections(settings)),
      );
    }),
  );
});

test("docs/concepts.md lists the client limits of every preset", () => {
  const rows = presetNames.map((size) => {
    const { redisRules } = plan(validateSettings({ size })).topology;
    const { memory, connections, unreadAnswers, largestValue } = clientLimits(redisRules.clientBuffers);
    const cells = [formatBytes(memory), connections, formatBytes(unreadAnswers), formatBytes(largestValue)];
    return `| \`${size}\` | ${cells.join(" | ")} |\n`;
  });
  expect(readFileSync(join(import.meta.dirname, "../../../docs/concepts.md"), "utf8")).toContain(rows.join(""));
});
