import { describe, expect, test, vi } from "vitest";
import { command } from "../../../../operations/development/cluster.ts";
import { wanted } from "../../../../operations/development/test.ts";
import { temporaryFolder } from "../../../support/unit/temporaryFolder.ts";

describe("cluster refuses", () => {
  test.each([
    [
      "no command",
      [],
      "say one of up, down, status, kubeconfig, kubectl, load, partition, kill-node, start-node, enter",
    ],
    ["an unknown command", ["stop"], expect.stringContaining("cluster has no stop; it has up, down")],
    ["an unknown cluster", ["--name", "prod", "up"], "there is no cluster prod: --name is local or test"],
    ["too few nodes", ["up", "--nodes", "0"], "--nodes is a number from 1 to 9, not 0"],
    ["too many nodes", ["up", "--nodes=10"], "--nodes is a number from 1 to 9, not 10"],
    ["what is no number", ["up", "--nodes", "three"], "--nodes is a number from 1 to 9, not three"],
    ["an unknown option", ["up", "--size", "3"], expect.stringContaining("--size")],
    ["more than it knows", ["down", "now"], "unexpected argument now"],
  ])("%s", async (_case, commandLine, message) => {
    await expect(command.run({}, commandLine)).rejects.toMatchObject({ name: "UsageError", message });
  });
});

test("the status of a cluster that is down says so, and is a failure", async () => {
  vi.stubEnv("XDG_STATE_HOME", temporaryFolder());
  const said = vi.spyOn(console, "log").mockReturnValue();
  expect(await command.run({}, ["status"])).toBe(1);
  expect(said.mock.calls).toEqual([["the cluster local is down"]]);
  vi.unstubAllEnvs();
});

test("the tests on Kubernetes run only when they are named", () => {
  expect(wanted([])).toEqual(["unit", "components", "processes", "toolchain", "docker"]);
  expect(wanted(["kubernetes"])).toEqual(["kubernetes"]);
});
