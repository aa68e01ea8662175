import { describe, expect, test } from "vitest";
import { parseDeployedSet, StackNotUpError, StackOutputsError } from "../../../../operations/stack/deployedSet.ts";
import { plan } from "../../../../topology/plan.ts";
import { validateSettings } from "../../../../topology/settings/settings.ts";
import { password, plannedSet } from "../../../support/unit/plannedSet.ts";

const commander = {
  name: "commander",
  endpoint: { host: "10.41.0.31", port: 8081 },
  published: { host: "127.0.0.1", port: 8081 },
  size: { cpus: 0.25, memory: 64 * 1024 * 1024, disk: 0 },
  user: "admin",
  access: { endpoint: { host: "10.41.0.9", port: 8081 }, published: { host: "127.0.0.1", port: 8081 } },
  readOnly: true,
};

const { readOnly: _, ...guarded } = commander;
const exporter = { ...guarded, name: "exporter", user: "prometheus" };
const loginProxy = { ...commander.access, name: "login-proxy", size: commander.size };

const gateway = {
  name: "gateway-0",
  endpoint: { host: "10.41.0.4", port: 6379 },
  published: { host: "127.0.0.1", port: 6479 },
  size: { cpus: 0.25, memory: 64 * 1024 * 1024, disk: 0 },
  ordinal: 0,
  reads: { endpoint: { host: "10.41.0.4", port: 6380 }, published: { host: "127.0.0.1", port: 6579 } },
  statistics: { endpoint: { host: "10.41.0.4", port: 8404 }, published: { host: "127.0.0.1", port: 8404 } },
  user: "admin",
  connections: 256,
};

/** Converts outputs to what the engine returns. */
function throughJson(outputs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(outputs));
}

describe("the outputs of a stack", () => {
  test("yield the deployed plan, with undefined for parts that it does not have", () => {
    const topology = plannedSet();
    expect(parseDeployedSet("dev", throughJson({ topology, password, masterName: "mymaster" }))).toStrictEqual({
      topology,
      password,
      gateway: undefined,
      commander: undefined,
      metrics: undefined,
    });
  });

  test("yield the plan of a set on Kubernetes with monitors and without a context", () => {
    const monitors = { enabled: true, labels: { release: "prometheus" } };
    const settings = validateSettings({ target: "kubernetes", gateway: { enabled: false }, kubernetes: { monitors } });
    const topology = { ...plan(settings).topology, commander: undefined };
    const metrics = { url: "http://10.96.0.137:9121/metrics", user: "prometheus", password: "login-of-prometheus" };
    expect(parseDeployedSet("prod", throughJson({ topology, password, metrics })).topology).toStrictEqual(topology);
  });

  test("yield the access to the gateways, Redis Commander and the metrics", () => {
    const topology = { ...plannedSet(), gateways: [gateway], exporter, commander, loginProxy };
    const statistics = { statisticsUrl: "http://127.0.0.1:8404/", metricsUrl: "http://127.0.0.1:8404/metrics" };
    const access = {
      gateways: [{ name: "gateway-0", ...statistics }],
      user: "admin",
      password: "login-to-statistics",
    };
    const login = { url: "http://127.0.0.1:8081", user: "admin", password: "login-of-admin" };
    const scraping = { url: "http://127.0.0.1:9121/metrics", user: "prometheus", password: "login-of-prometheus" };
    const metrics = { ...scraping, targets: [] };
    const outputs = { topology, password, gateway: access, commander: login, metrics };
    expect(parseDeployedSet("dev", throughJson(outputs))).toStrictEqual({
      topology,
      password,
      gateway: access,
      commander: login,
      metrics: scraping,
    });
  });

  test("are refused, with the command to run, if the stack is not deployed", () => {
    expect(() => parseDeployedSet("staging", {})).toThrow(StackNotUpError);
    expect(() => parseDeployedSet("staging", {})).toThrow(
      "the stack staging is not deployed; deploy it with: npm run up -- --stack staging",
    );
  });

  test("are refused by path, without any value, if another version wrote them", () => {
    const topology = { ...plannedSet(), masterName: 7, sentinels: [{ name: "sentinel-0" }] };
    const failure = failureOf(() => parseDeployedSet("dev", throughJson({ topology, password: { secret: password } })));
    expect(failure).toBeInstanceOf(StackOutputsError);
    expect(failure).toMatchObject({
      paths: [
        "topology.masterName",
        "topology.sentinels.0.endpoint",
        "topology.sentinels.0.published",
        "topology.sentinels.0.size",
        "topology.sentinels.0.ordinal",
        "topology.sentinels.0.id",
        "password",
      ],
      message: expect.not.stringContaining(password),
    });
  });

  test("are refused if the plan has gateways and the outputs have no login for them", () => {
    const outputs = throughJson({ topology: { ...plannedSet(), gateways: [gateway] }, password });
    expect(failureOf(() => parseDeployedSet("dev", outputs))).toMatchObject({ paths: ["gateway"] });
  });

  test("are refused if the plan has Redis Commander and the outputs have no login for it", () => {
    const outputs = throughJson({ topology: { ...plannedSet(), commander }, password });
    expect(failureOf(() => parseDeployedSet("dev", outputs))).toMatchObject({ paths: ["commander"] });
  });

  test("are refused if the plan has an exporter and an earlier version wrote no login for it", () => {
    const topology = { ...plannedSet(), exporter, loginProxy };
    const metrics = { url: "http://127.0.0.1:9121/metrics" };
    const failure = failureOf(() => parseDeployedSet("dev", throughJson({ topology, password, metrics })));
    expect(failure).toMatchObject({ paths: ["metrics.user", "metrics.password"] });
  });
});

function failureOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}
