import { expect, test } from "vitest";
import { nodesTarget, verificationTarget } from "../../../redis/target.ts";
import { password, plannedSet } from "../../support/unit/plannedSet.ts";

const commander = {
  name: "commander",
  endpoint: { host: "10.41.0.31", port: 8081 },
  published: { host: "127.0.0.1", port: 8081 },
  size: { cpus: 0.25, memory: 1, disk: 1 },
  user: "admin",
  access: {
    endpoint: { host: "10.41.0.9", port: 8081 },
    published: { host: "127.0.0.1", port: 8081 },
  },
  readOnly: false,
};

const exporter = { ...commander, name: "exporter", user: "prometheus" };

const loginProxy = { ...commander.access, name: "login-proxy", size: commander.size };

const gateway = {
  name: "gateway-0",
  endpoint: { host: "10.41.0.4", port: 6379 },
  published: { host: "127.0.0.1", port: 6479 },
  size: { cpus: 0.25, memory: 1, disk: 0 },
  ordinal: 0,
  reads: { endpoint: { host: "10.41.0.4", port: 6380 }, published: { host: "127.0.0.1", port: 6579 } },
  statistics: { endpoint: { host: "10.41.0.4", port: 8404 }, published: { host: "127.0.0.1", port: 8404 } },
  user: "admin",
  connections: 256,
};

test("a verification target combines the plan with the passwords of its parts", () => {
  const topology = { ...plannedSet(), gateways: [gateway], exporter, commander, loginProxy };
  const secrets = {
    password,
    gatewayPassword: "login-to-statistics",
    exporterPassword: "login-of-prometheus",
    commanderPassword: "login-of-admin",
  };
  expect(verificationTarget(topology, secrets)).toEqual({
    masterName: "mymaster",
    dataNodes: topology.dataNodes,
    sentinels: topology.sentinels,
    sentinelRules: topology.sentinelRules,
    redisRules: topology.redisRules,
    gateways: [{ ...gateway, password: "login-to-statistics" }],
    exporter: { ...exporter, password: "login-of-prometheus" },
    loginProxy,
    commander: { ...commander, password: "login-of-admin" },
    db: 2,
    password,
  });
});

test("a target with only data nodes and Sentinels needs no password of a gateway or of Commander", () => {
  const {
    gateways,
    commander: page,
    ...rest
  } = nodesTarget({ ...plannedSet(), gateways: [gateway], commander }, password);
  expect({ gateways, page }).toEqual({ gateways: [], page: undefined });
  expect(rest.dataNodes).toEqual(plannedSet().dataNodes);
});

test("a verification target cannot be made without the password of a planned gateway", () => {
  expect(() => verificationTarget({ ...plannedSet(), gateways: [gateway] }, { password })).toThrow(
    "the set has gateway-0, so a verification needs gatewayPassword",
  );
});

test("a verification target cannot be made without the password of a planned Commander", () => {
  expect(() => verificationTarget({ ...plannedSet(), commander }, { password })).toThrow(
    "the set has commander, so a verification needs commanderPassword",
  );
});

test("a verification target cannot be made without the password of a planned exporter", () => {
  expect(() => verificationTarget({ ...plannedSet(), exporter }, { password })).toThrow(
    "the set has exporter, so a verification needs exporterPassword",
  );
});
