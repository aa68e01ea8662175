import { expect, test } from "vitest";
import type { LiveRole } from "../../../../operations/stack/liveRoles.ts";
import { describeSet } from "../../../../operations/stack/summary.ts";
import { plan } from "../../../../topology/plan.ts";
import { type SettingsInput, validateSettings } from "../../../../topology/settings/settings.ts";
import { password, plannedSet } from "../../../support/unit/plannedSet.ts";

const size = { cpus: 0.1, memory: 64 * 1024 * 1024, disk: 0 };

const part = (name: string, host: string, port: number) => ({
  name,
  endpoint: { host, port },
  published: { host: "127.0.0.1", port },
  size,
});

/** A part behind the login proxy, which publishes no port of its own. */
const guarded = (name: string, host: string, port: number, user: string) => {
  const endpoint = { host, port };
  return { name, endpoint, published: endpoint, size, user, access: part("", "10.41.0.9", port) };
};

const roles: ReadonlyMap<string, LiveRole> = new Map<string, LiveRole>([
  ["redis-0", "replica"],
  ["redis-1", "master"],
  ["redis-2", "no answer"],
  ["sentinel-0", "sentinel"],
  ["sentinel-1", "sentinel"],
  ["sentinel-2", "sentinel"],
]);

test("the summary prints every node with its address and current role, and how to connect, but no secret", () => {
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
        connections: 256,
      },
    ],
    exporter: guarded("exporter", "10.41.0.30", 9121, "prometheus"),
    commander: { ...guarded("commander", "10.41.0.31", 8081, "admin"), readOnly: false },
    loginProxy: part("login-proxy", "10.41.0.9", 9121),
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
  const metrics = { url: "http://127.0.0.1:9121/metrics", user: "prometheus", password: "login-of-prometheus" };
  const set = { topology, password, gateway, commander, metrics };
  expect(describeSet("dev", set, roles).join("\n")).toBe(
    `
Stack dev: Redis mymaster

  NODE         ROLE       ADDRESS           PUBLISHED        SIZE
  redis-0      replica    10.41.0.10:6379   127.0.0.1:6379   0.25 CPU, 256MB memory, 1GB disk
  redis-1      master     10.41.0.11:6379   127.0.0.1:6380   0.25 CPU, 256MB memory, 1GB disk
  redis-2      no answer  10.41.0.12:6379   127.0.0.1:6381   0.25 CPU, 256MB memory, 1GB disk
  sentinel-0   sentinel   10.41.0.20:26379  127.0.0.1:26379  0.25 CPU, 256MB memory, 1GB disk
  sentinel-1   sentinel   10.41.0.21:26379  127.0.0.1:26380  0.25 CPU, 256MB memory, 1GB disk
  sentinel-2   sentinel   10.41.0.22:26379  127.0.0.1:26381  0.25 CPU, 256MB memory, 1GB disk
  gateway-0    gateway    10.41.0.4:6379    127.0.0.1:6479   0.1 CPU, 64MB memory
  exporter     metrics    10.41.0.30:9121   -                0.1 CPU, 64MB memory
  commander    web page   10.41.0.31:8081   -                0.1 CPU, 64MB memory
  login-proxy  login      10.41.0.9:9121    127.0.0.1:9121   0.1 CPU, 64MB memory

  Gateway    127.0.0.1:6479 to the master, 127.0.0.1:6579 to replicas in sync
             statistics: http://127.0.0.1:8404/
             log in as admin; the password: npm run pulumi -- stack output gateway --show-secrets --stack dev
  Commander  http://127.0.0.1:8081
             log in as admin; the password: npm run pulumi -- stack output commander --show-secrets --stack dev
  Metrics    http://127.0.0.1:9121/scrape?target=redis://ADDRESS
             for the node at ADDRESS; the output metrics has the URL of every node
             log in as prometheus; the password: npm run pulumi -- stack output metrics --show-secrets --stack dev
  Clients    the environment of an application: npm run env -- --stack dev
  Checks     repeat them at any time: npm run verify -- --stack dev
`.trim(),
  );
});

test("the summary of a set without gateway, exporter and Redis Commander does not mention them", () => {
  const set = { topology: plannedSet(), password, gateway: undefined, commander: undefined, metrics: undefined };
  expect(describeSet("prod", set, roles).slice(-3)).toEqual([
    "",
    "  Clients  the environment of an application: npm run env -- --stack prod",
    "  Checks   repeat them at any time: npm run verify -- --stack prod",
  ]);
});

/** A set on Kubernetes with two gateways and otherwise default settings. */
function onKubernetes(settings: SettingsInput = {}) {
  const { topology } = plan(validateSettings({ target: "kubernetes", gateway: { count: 2 }, ...settings }));
  const gateway = topology.gateways.length > 0 ? { gateways: [], user: "admin", password: "statistics" } : undefined;
  const commander = topology.commander && { url: "http://10.96.0.131:8081", user: "admin", password: "login" };
  const metrics = topology.exporter && {
    url: "http://10.96.0.137:9121/metrics",
    user: "prometheus",
    password: "login",
  };
  return { topology, password, gateway, commander, metrics };
}

test("the summary of a set on Kubernetes prints its Services and the commands to reach them, but no published ports", () => {
  expect(describeSet("prod", onKubernetes(), roles).join("\n")).toBe(
    `
Stack prod: Redis mymaster, in the namespace redis-ha

  NODE         ROLE       ADDRESS            SIZE
  redis-0      replica    10.96.0.138:6379   2 CPU, 4GB memory, 50GB disk
  redis-1      master     10.96.0.139:6379   1 CPU, 2GB memory, 50GB disk
  redis-2      no answer  10.96.0.140:6379   1 CPU, 2GB memory, 50GB disk
  sentinel-0   sentinel   10.96.0.254:26379  0.5 CPU, 512MB memory, 10GB disk
  sentinel-1   sentinel   10.96.0.253:26379  0.5 CPU, 512MB memory, 10GB disk
  sentinel-2   sentinel   10.96.0.252:26379  0.5 CPU, 512MB memory, 10GB disk
  gateway-0    gateway    10.96.0.132:6379   0.5 CPU, 128MB memory
  gateway-1    gateway    10.96.0.133:6379   0.5 CPU, 128MB memory
  exporter     metrics    10.96.0.130:9121   0.5 CPU, 128MB memory
  commander    web page   10.96.0.131:8081   0.5 CPU, 256MB memory
  login-proxy  login      10.96.0.137:9121   0.5 CPU, 48MB memory

  SERVICE            IN THE CLUSTER                    FROM HERE
  redis-sentinel-lb  redis-sentinel-lb.redis-ha:26379  kubectl port-forward -n redis-ha svc/redis-sentinel-lb 26379:26379
  redis-master       redis-master.redis-ha:6379        kubectl port-forward -n redis-ha svc/redis-master 6379:6379
  redis-replicas     redis-replicas.redis-ha:6379      kubectl port-forward -n redis-ha svc/redis-replicas 6380:6379
  gateway-0          gateway-0.redis-ha:8404           kubectl port-forward -n redis-ha svc/gateway-0 8404:8404
  gateway-1          gateway-1.redis-ha:8404           kubectl port-forward -n redis-ha svc/gateway-1 8405:8404
  login-proxy        login-proxy.redis-ha:9121         kubectl port-forward -n redis-ha svc/login-proxy 9121:9121
  login-proxy        login-proxy.redis-ha:8081         kubectl port-forward -n redis-ha svc/login-proxy 8081:8081

  Gateway    statistics at the ports of the gateways
             log in as admin; the password: npm run pulumi -- stack output gateway --show-secrets --stack prod
  Commander  a web page at the login proxy's port 8081
             log in as admin; the password: npm run pulumi -- stack output commander --show-secrets --stack prod
  Metrics    /scrape?target=redis://ADDRESS at the login proxy's port 9121, for the node at ADDRESS
             log in as prometheus; the password: npm run pulumi -- stack output metrics --show-secrets --stack prod
  Pods       are admitted with the label redis-ha/client: redis-ha
  Clients    the environment of an application: npm run env -- --stack prod
  Checks     repeat them at any time: npm run verify -- --stack prod
`.trim(),
  );
});

test("the summary of a set on Kubernetes without further parts prints commands with the configured context", () => {
  const off = { enabled: false } as const;
  const kubernetes = { context: "elsewhere", networkPolicies: false };
  const set = onKubernetes({ gateway: off, exporter: off, commander: off, kubernetes });
  expect(describeSet("prod", set, roles).slice(-6)).toEqual([
    "  SERVICE            IN THE CLUSTER                    FROM HERE",
    "  redis-replicas     redis-replicas.redis-ha:6379      kubectl --context elsewhere port-forward -n redis-ha svc/redis-replicas 6379:6379",
    "  redis-sentinel-lb  redis-sentinel-lb.redis-ha:26379  kubectl --context elsewhere port-forward -n redis-ha svc/redis-sentinel-lb 26379:26379",
    "",
    "  Clients  the environment of an application: npm run env -- --stack prod",
    "  Checks   repeat them at any time: npm run verify -- --stack prod",
  ]);
});
