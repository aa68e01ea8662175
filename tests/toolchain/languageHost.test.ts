import { once } from "node:events";
import { realpathSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { Project } from "../support/toolchain/project.ts";

test("a hook runs when its resource is created, and not again in an update without changes", async () => {
  const project = await Project.create(`
    import * as pulumi from "@pulumi/pulumi";
    const check = new pulumi.ResourceHook("check", async () => console.log("checking"));
    const stash = new pulumi.Stash("kept", { input: "x" }, { hooks: { beforeCreate: [check], beforeUpdate: [check] } });
    export const kept = stash.output;
  `);
  const first = await project.up();
  expect(first).toMatchObject({ code: 0, output: expect.stringContaining("checking") });
  expect(first.output).toContain("+ 2 created");
  const second = await project.up();
  expect(second).toMatchObject({ code: 0, output: expect.stringContaining("2 unchanged") });
  expect(second.output).not.toContain("checking");
  expect(await project.outputs()).toEqual({ kept: "x" });
});

test("an update fails with the message of a failed hook, and the next update runs the hook again", async () => {
  const program = (verdict: string) => `
    import * as pulumi from "@pulumi/pulumi";
    const check = new pulumi.ResourceHook("check", async () => { ${verdict} });
    new pulumi.Stash("kept", { input: "x" }, { hooks: { beforeCreate: [check] } });
  `;
  const project = await Project.create(program('throw new Error("redis-1 is 9 s behind");'));
  const failed = await project.up();
  expect(failed.code).not.toBe(0);
  expect(failed.output).toContain("redis-1 is 9 s behind");
  project.write("index.ts", program('console.log("in sync");'));
  expect(await project.up()).toMatchObject({ code: 0, output: expect.stringContaining("in sync") });
});

test("the program receives its configuration, project, stack and folder, and whether it runs in a preview", async () => {
  const project = await Project.create(`
    import * as pulumi from "@pulumi/pulumi";
    const config = new pulumi.Config();
    console.log(pulumi.runtime.isDryRun() ? "dry run" : "real run");
    export const replicas = config.requireNumber("replicas");
    export const nested = config.requireObject("sentinels");
    export const password = config.requireSecret("password");
    export const place = [pulumi.getProject(), pulumi.getStack(), process.cwd(), pulumi.getOrganization()];
  `);
  await project.pulumi("config", "set", "replicas", "2");
  await project.pulumi("config", "set", "--path", "sentinels.quorum", "2");
  await project.pulumi("config", "set", "--secret", "password", "it's secret");
  const preview = await project.pulumi("preview", "--stack", "trial");
  expect(preview).toMatchObject({ code: 0, output: expect.stringContaining("dry run") });
  const update = await project.up();
  expect(update).toMatchObject({ code: 0, output: expect.stringContaining("real run") });
  expect(update.output).not.toContain("it's secret");
  expect(await project.outputs()).toEqual({
    replicas: 2,
    nested: { quorum: 2 },
    password: "it's secret",
    place: ["tiny", "trial", realpathSync(project.folder), "organization"],
  });
});

test("an update fails if the program throws, and the error is shown once", async () => {
  const project = await Project.create('throw new Error("no such size: huge");');
  const { code, output } = await project.up();
  expect(code).not.toBe(0);
  expect(output).toContain("no such size: huge");
  expect(output).not.toContain("exit code");
});

test("an update fails with the exit code of the program if the program exits", async () => {
  const project = await Project.create("process.exit(3);");
  const { code, output } = await project.up();
  expect(code).not.toBe(0);
  expect(output).toContain("the program ended with exit code 3");
});

test("the language host and the program end when the engine is killed", async () => {
  const project = await Project.create(`
    import * as pulumi from "@pulumi/pulumi";
    const check = new pulumi.ResourceHook("check", () => { console.log("pids", process.pid, process.ppid); return new Promise((done) => setTimeout(done, 600_000)); });
    new pulumi.Stash("kept", { input: "x" }, { hooks: { beforeCreate: [check] } });
  `);
  const engine = project.start("up", "--yes", "--skip-preview", "--stack", "trial");
  let output = "";
  engine.stdout.on("data", (chunk) => {
    output += chunk;
  });
  const pids = await vi.waitFor(() => /pids (\d+) (\d+)/.exec(output)!.slice(1).map(Number), { timeout: 30_000 });
  expect(pids.map(isAlive)).toEqual([true, true]);
  engine.kill("SIGKILL");
  await once(engine, "exit");
  await vi.waitFor(() => expect(pids.map(isAlive)).toEqual([false, false]), { timeout: 10_000, interval: 100 });
});

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
}
