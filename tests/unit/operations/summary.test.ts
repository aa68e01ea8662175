import { expect, test } from "vitest";
import type { LiveRole } from "../../../operations/liveRoles.ts";
import { describeSet } from "../../../operations/summary.ts";
import { password, plannedSet } from "../checks/plannedSet.ts";

const size = { cpus: 0.1, memory: 64 * 1024 * 1024, disk: 0 };

const part = (name: string, host: string, port: number) => ({
  name,
  endpoint: { host, port },
  published: { host: "127.0.0.1", port },
  size,
});

const roles: ReadonlyMap<string, LiveRole> = new Map<string, LiveRole>([
  ["redis-0", "replica"],
  ["redis-1", "master"],
  ["redis-2", "no answer"],
  ["sentinel-0", "sentinel"],
  ["sentinel-1", "sentinel"],
  ["sentinel-2", "sentinel"],
]);

test("the summary says what runs where in its present role, how to get in, and no secret", () => {
  const topology = {
    ...plannedSet(),
    gateways: [
      {
        ...part("gateway-0", "10.41.0.4", 6379),
        published: { host: "127.0.0.1", port: 6479 },
        ordinal: 0,
        reads: { endpoint: { host: "10.41.0.4", port: 6380 }, published: { host: "127.0.0.1", port: 6579 } },
        statistics: { endpoint: { host: "10.41.0.4", port: 8404 }, published: { host: "127.0.0.1", port: 8404 } },
        user: "admin",
      },
    ],
    exporter: part("exporter", "10.41.0.30", 9121),
    commander: { ...part("commander", "10.41.0.31", 8081), user: "admin", readOnly: false },
  };
  const commander = { url: "http://127.0.0.1:8081", user: "admin", password: "login-of-admin" };
  const gateway = {
    gateways: [
      {
        name: "gateway-0",
        statisticsUrl: "http://127.0.0.1:8404/",
        metricsUrl: "http://127.0.0.1:8404/metrics",
      },
    ],
    user: "admin",
    password: "login-to-statistics",
  };
  const set = { topology, password, gateway, commander, metricsUrl: "http://127.0.0.1:9121/metrics" };
  expect(describeSet("dev", set, roles).join("\n")).toBe(
    `
Stack dev: Redis mymaster

  NODE        ROLE       ADDRESS           PUBLISHED        SIZE
  redis-0     replica    10.41.0.10:6379   127.0.0.1:6379   0.25 CPU, 256MB memory, 1GB disk
  redis-1     master     10.41.0.11:6379   127.0.0.1:6380   0.25 CPU, 256MB memory, 1GB disk
  redis-2     no answer  10.41.0.12:6379   127.0.0.1:6381   0.25 CPU, 256MB memory, 1GB disk
  sentinel-0  sentinel   10.41.0.20:26379  127.0.0.1:26379  0.25 CPU, 256MB memory, 1GB disk
  sentinel-1  sentinel   10.41.0.21:26379  127.0.0.1:26380  0.25 CPU, 256MB memory, 1GB disk
  sentinel-2  sentinel   10.41.0.22:26379  127.0.0.1:26381  0.25 CPU, 256MB memory, 1GB disk
  gateway-0   gateway    10.41.0.4:6379    127.0.0.1:6479   0.1 CPU, 64MB memory
  exporter    metrics    10.41.0.30:9121   127.0.0.1:9121   0.1 CPU, 64MB memory
  commander   web page   10.41.0.31:8081   127.0.0.1:8081   0.1 CPU, 64MB memory

  Gateway    127.0.0.1:6479 to the master, 127.0.0.1:6579 to replicas in sync
             statistics: http://127.0.0.1:8404/
             log in as admin; the password: npm run pulumi -- stack output gateway --show-secrets --stack dev
  Commander  http://127.0.0.1:8081
             log in as admin; the password: npm run pulumi -- stack output commander --show-secrets --stack dev
  Metrics    http://127.0.0.1:9121/scrape?target=redis://ADDRESS
             of the node with that address; the URLs of all: npm run pulumi -- stack output metrics --stack dev
  Clients    the environment of an application: npm run env -- --stack dev
  Checks     once more, at any time: npm run verify -- --stack dev
`.trim(),
  );
});

test("the summary of a set without gateway, exporter and Commander does not mention them", () => {
  const set = { topology: plannedSet(), password, gateway: undefined, commander: undefined, metricsUrl: undefined };
  expect(describeSet("prod", set, roles).slice(-3)).toEqual([
    "",
    "  Clients  the environment of an application: npm run env -- --stack prod",
    "  Checks   once more, at any time: npm run verify -- --stack prod",
  ]);
});
