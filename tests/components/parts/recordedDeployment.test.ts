import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { recordDeployment } from "../../../components/parts/recordedDeployment.ts";
import { introducePassword } from "../../../rollout/passwordRotation.ts";
import type { SettingsInput } from "../../../topology/settings/settings.ts";
import { type Declaration, declared, named, secret } from "../../support/components/program.ts";
import { RecordingHost } from "../../support/components/recordingHost.ts";
import { password, sampleSet, secretPassword } from "../../support/components/sampleSet.ts";

vi.mock("../../../rollout/passwordRotation.ts", () => ({ introducePassword: vi.fn() }));

const topology = sampleSet();

beforeEach(() => {
  vi.mocked(introducePassword).mockReset().mockResolvedValue([]);
});
afterEach(() => {
  vi.restoreAllMocks();
});

test("the plan and the password are recorded, the password as a secret, with hooks before every change", async () => {
  const stash = named(await declareDeployment(), "owner-deployment");
  expect(stash).toMatchObject({
    type: "pulumi:index:Stash",
    parent: "test:index:Owner owner",
    inputs: { input: { topology: { name: "sample" }, password: secret(password) } },
    ignoreChanges: [],
    additionalSecretOutputs: ["output"],
    hooks: ["beforeCreate owner-deployment-first", "beforeUpdate owner-deployment-change"],
  });
});

test("the password output is a secret, and resources that use it depend on the record", async () => {
  const program = await declareDeployment();
  expect(program.outputs).toEqual({ password: secret(password) });
  expect(named(program, "user").dependencies).toEqual(["owner-deployment"]);
});

describe("a change of the recorded deployment", () => {
  test("sends no password to nodes if only the plan changes", async () => {
    await change({ replicas: 2 }, { replicas: 3 });
    expect(introducePassword).not.toHaveBeenCalled();
  });

  test("sends a new password to all deployed nodes, including nodes that are no longer planned, and reports their number", async () => {
    const info = vi.spyOn(pulumi.log, "info").mockResolvedValue();
    vi.mocked(introducePassword).mockResolvedValue(["redis-0", "redis-2"]);
    await change({ replicas: 2, masterName: "before" }, { replicas: 1, masterName: "after" }, "another");
    const [[deployed, words] = []] = vi.mocked(introducePassword).mock.calls;
    expect(deployed).toMatchObject({ masterName: "before", dataNodes: [{}, {}, { name: "redis-2" }] });
    expect(words).toEqual({ from: password, to: "another" });
    expect(info.mock.calls[0]?.[0]).toBe(
      "2 nodes accept both the old and the new password, each until it restarts: redis-0, redis-2",
    );
  });

  test("reports that no running node needed the new password", async () => {
    const info = vi.spyOn(pulumi.log, "info").mockResolvedValue();
    await change({}, {}, "another");
    expect(info.mock.calls[0]?.[0]).toBe("no running node needed the new password");
  });

  test("is refused before any node gets the new password if it cannot be applied to a running set", async () => {
    const there = { name: "redis-1", address: "10.41.0.11", running: true, stop: vi.fn(), start: vi.fn() };
    vi.spyOn(RecordingHost.prototype, "existing").mockResolvedValue([there]);
    const shifted = { docker: { subnet: "10.41.0.0/24", ports: { redis: 6380 } } };
    await expect(change({}, shifted, "another")).rejects.toThrow(
      /^this change cannot be applied to a running set; nothing/,
    );
    expect(introducePassword).not.toHaveBeenCalled();
  });

  test("to another target sends no password, and is refused if the new host has a set of another state", async () => {
    const asked = vi.spyOn(RecordingHost.prototype, "requireUnclaimed").mockRejectedValue(new Error("not yours"));
    await expect(change({}, { target: "kubernetes", docker: {} }, "another")).rejects.toThrow("not yours");
    expect(asked).toHaveBeenCalledOnce();
    expect(introducePassword).not.toHaveBeenCalled();
  });
});

/** Runs the hook as an update from one configuration to another does. Secrets are passed to it as outputs. */
async function change(before: SettingsInput, after: SettingsInput, newPassword = password): Promise<void> {
  const { runHook } = await declareDeployment();
  const recorded = (settings: SettingsInput, word: string) => ({
    input: pulumi.secret({ topology: sampleSet(settings), password: word }),
  });
  await runHook("owner-deployment-change", {
    oldInputs: recorded(before, password),
    newInputs: recorded(after, newPassword),
  });
}

class Owner extends pulumi.ComponentResource {
  readonly password: pulumi.Output<string>;

  constructor() {
    super("test:index:Owner", "owner");
    const args = { topology, password: secretPassword(), host: () => new RecordingHost() };
    this.password = recordDeployment("owner-deployment", args, this).password;
    this.registerOutputs({});
  }
}

class User extends pulumi.CustomResource {
  constructor(given: pulumi.Output<string>) {
    super("test:index:User", "user", { given });
  }
}

function declareDeployment(): Promise<Declaration> {
  return declared(() => {
    const owner = new Owner();
    new User(owner.password);
    return { password: owner.password };
  });
}
