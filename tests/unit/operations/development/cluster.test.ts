import { describe, expect, test, vi } from "vitest";
import { command } from "../../../../operations/development/cluster.ts";
import { selectLayers } from "../../../../operations/development/test.ts";
import { temporaryFolder } from "../../../support/unit/temporaryFolder.ts";

describe("npm run cluster refuses", () => {
  test.each([
    [
      "a command line without an action",
      [],
      "an action is missing; choose one of up, down, status, kubeconfig, kubectl, load, partition, kill-node, start-node, enter",
    ],
    ["an unknown action", ["stop"], expect.stringContaining("unknown action stop; choose one of up, down")],
    ["an unknown cluster", ["--name", "prod", "up"], "--name takes local or test, not prod"],
    ["too few nodes", ["up", "--nodes", "0"], "--nodes takes a whole number from 1 to 9, not 0"],
    ["too many nodes", ["up", "--nodes=10"], "--nodes takes a whole number from 1 to 9, not 10"],
    ["a number of nodes in words", ["up", "--nodes", "three"], "--nodes takes a whole number from 1 to 9, not three"],
    ["an unknown option", ["up", "--size", "3"], expect.stringContaining("--size")],
    ["an argument that the action does not take", ["down", "now"], "unexpected argument now"],
  ])("%s", async (_case, commandLine, message) => {
    await expect(command.run({}, commandLine)).rejects.toMatchObject({ name: "UsageError", message });
  });
});

test("npm run cluster -- status exits with 1 and prints that the cluster is down", async () => {
  vi.stubEnv("XDG_STATE_HOME", temporaryFolder());
  const log = vi.spyOn(console, "log").mockReturnValue();
  expect(await command.run({}, ["status"])).toBe(1);
  expect(log.mock.calls).toEqual([["the cluster local is down"]]);
  vi.unstubAllEnvs();
});

test("npm test runs the layer kubernetes only if it is named", () => {
  expect(selectLayers([])).toEqual(["unit", "components", "processes", "toolchain", "docker"]);
  expect(selectLayers(["kubernetes"])).toEqual(["kubernetes"]);
});
