import { expect, test } from "vitest";
import { verificationTarget } from "../../../checks/target.ts";
import { password, plannedSet } from "./plannedSet.ts";

const commander = {
  name: "commander",
  endpoint: { host: "10.41.0.31", port: 8081 },
  published: { host: "127.0.0.1", port: 8081 },
  size: { cpus: 0.25, memory: 1, disk: 1 },
  user: "admin",
  readOnly: false,
};

test("a target is the plan's facts and the secrets to get in", () => {
  const topology = { ...plannedSet(), commander };
  expect(verificationTarget(topology, { password, commanderPassword: "login-of-admin" })).toEqual({
    masterName: "mymaster",
    dataNodes: topology.dataNodes,
    sentinels: topology.sentinels,
    sentinelRules: topology.sentinelRules,
    redisRules: topology.redisRules,
    exporter: undefined,
    commander: { ...commander, password: "login-of-admin" },
    db: 2,
    password,
  });
});

test("a Commander whose password is not given cannot be verified", () => {
  expect(() => verificationTarget({ ...plannedSet(), commander }, { password })).toThrow(
    "the set has commander, so its verification needs commanderPassword",
  );
});
