import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { Clone, finished } from "../support/toolchain/clone.ts";

const stash = `
  import * as pulumi from "@pulumi/pulumi";
  const stash = new pulumi.Stash("kept", { input: new pulumi.Config().get("word") ?? "nothing" });
  export const kept = stash.output;
`;
const withoutDocker = process.env["REDIS_HA_WITHOUT_DOCKER"] !== undefined;

describe.skipIf(withoutDocker)("the command line for a user without a backend", () => {
  test("creates a stack, leaves it unchanged on the second `up`, removes it, and does not change committed files", async () => {
    const clone = Clone.withProgram(stash);
    const config = "# in its own form\nconfig:\n  redis-ha:word:   hello\n  redis-ha:count: 2\n";
    clone.write("Pulumi.dev.yaml", config);

    const first = await clone.run("up");
    expect(first).toMatchObject({ code: 0, output: expect.stringContaining("+ 2 created") });
    expect(first.output).toContain('outputs: {"kept":"hello"}');
    expect(first.output).toContain("redis-ha: keeping the state of the stacks in the folder .state of this clone");
    expect(statSync(join(clone.folder, ".state/passphrase")).mode & 0o777).toBe(0o600);

    const second = await clone.run("up");
    expect(second).toMatchObject({ code: 0, output: expect.stringContaining("2 unchanged") });
    expect(await clone.run("preview")).toMatchObject({ code: 0, output: expect.stringContaining("2 unchanged") });

    expect(await clone.run("down")).toMatchObject({ code: 0, output: expect.stringContaining("- 2 deleted") });
    expect(clone.read("Pulumi.dev.yaml")).toBe(config);
  });

  test("lists, after `down`, every file of the state that still contains the outputs of the removed set", async () => {
    const clone = Clone.withProgram(stash);
    clone.write("Pulumi.dev.yaml", "config:\n  redis-ha:word: generated-word\n");
    await clone.run("up");
    const { output } = await clone.run("down");
    const named =
      /redis-ha: earlier states still contain the encrypted passwords .* to erase them, delete: (.*)\n/.exec(
        output,
      )?.[1];
    const places = named?.split(", ") ?? [];
    expect(filesWith(clone, "generated-word")).not.toEqual([]);
    expect(filesWith(clone, "generated-word").filter((file) => !isIn(file, places))).toEqual([]);
    for (const place of places) {
      rmSync(join(clone.folder, place), { recursive: true });
    }
    expect(await clone.run("up")).toMatchObject({ code: 0, output: expect.stringContaining("+ 2 created") });
  });

  test("runs `pulumi` on the same stack: `config set` changes the stack's file, and the next `up` uses the value", async () => {
    const clone = Clone.withProgram(stash);
    expect(await clone.run("pulumi", "config", "set", "word", "good")).toMatchObject({ code: 0 });
    expect(clone.read("Pulumi.dev.yaml")).toBe("config:\n  redis-ha:word: good\n");
    expect((await clone.run("up")).output).toContain('outputs: {"kept":"good"}');
    expect(await clone.run("pulumi", "stack", "output", "kept")).toEqual({ code: 0, output: "good\n" });
    expect(await clone.run("pulumi", "stack", "output", "--stack", "other")).toMatchObject({ code: 6 });
  });

  test("exits with Pulumi's exit code and without a stack trace of its own if the program fails", async () => {
    const clone = Clone.withProgram('throw new Error("no such size: huge");');
    const { code, output } = await clone.run("up");
    expect(code).not.toBe(0);
    expect(output).toContain("no such size: huge");
    expect(output).not.toContain("operations/");
  });

  test("lets Pulumi cancel the update on Ctrl-C, and exits with code 130", async () => {
    const clone = Clone.withProgram(`
      import * as pulumi from "@pulumi/pulumi";
      const slow = new pulumi.ResourceHook("slow", () => { console.log("hook begins"); return new Promise((done) => setTimeout(done, 500)); });
      new pulumi.Stash("kept", { input: "x" }, { hooks: { beforeCreate: [slow] } });
    `);
    const command = clone.start("up");
    let interrupted = false;
    const { code, output } = await finished(command, (soFar) => {
      if (!interrupted && soFar.includes("hook begins")) {
        interrupted = true;
        // A terminal sends SIGINT to every process of the group, including npm.
        process.kill(-command.pid!, "SIGINT");
      }
    });
    expect(code).toBe(130);
    expect(output).toContain("update canceled");
    expect(output).not.toContain("received; terminating");
    expect(output).not.toContain("outputs:");
    expect(output).not.toMatch(/^\s+at /m);
    expect(await clone.run("up")).toMatchObject({ code: 0 });
  });

  test("reports that there is nothing to remove if the stack does not exist", async () => {
    const clone = Clone.withProgram(stash);
    const { code, output } = await clone.run("down");
    expect(code).toBe(0);
    expect(output).toContain("redis-ha: there is no stack dev: nothing to remove\n");
  });
});

describe("a command with wrong arguments", () => {
  const clone = () => Clone.withProgram("");

  test.each([
    ["an unknown command", ["upp"], "error: unknown command upp; npm run help lists the commands\n"],
    ["an unknown option", ["up", "--dry-run"], "error: Unknown option '--dry-run'\n"],
    ["a word that belongs to no option", ["down", "prod"], "error: Unexpected argument 'prod'"],
    ["an unknown layer of tests", ["test", "unti"], "error: unknown layer unti; choose from unit, components,"],
    [
      "a stack that needs a confirmation, without a terminal",
      ["down", "--stack", "prod"],
      "error: changing the stack prod needs a confirmation, and there is no terminal to ask for it; pass --yes\n",
    ],
    [
      "a path instead of a stack's name",
      ["preview", "--stack", "../prod"],
      "error: ../prod is not a valid stack name: use only letters, digits, hyphens, underscores and periods\n",
    ],
  ])("prints one message, exits with code 64 and does nothing: %s", async (_name, commandLine, message) => {
    const here = clone();
    const { code, output } = await here.run(...commandLine);
    expect({ code, output }).toEqual({ code: 64, output: expect.stringContaining(message) });
    expect(output).not.toMatch(/^\s+at /m);
    expect(existsSync(join(here.folder, ".state/stacks"))).toBe(false);
  });

  test("prints its usage for an unknown option", async () => {
    const { output } = await clone().run("up", "--dry-run");
    expect(output).toMatch(/^npm run up -- \[--stack NAME\] \[--yes\]\n/);
  });

  test("reports an option that npm has consumed", async () => {
    const here = clone();
    here.environment["npm_config_stack"] = "prod";
    const { code, output } = await here.run("down");
    expect({ code, output }).toEqual({
      code: 64,
      output: expect.stringContaining(
        "error: npm consumed --stack as its own option; put -- before it: npm run down -- --stack",
      ),
    });
  });
});

test("a bug in this program is shown with a stack trace, and the exit code is 70", async () => {
  const clone = Clone.withProgram("");
  clone.write(
    "operations/development/types.ts",
    'export const command = { name: "types", options: {}, run() { throw new TypeError("oh"); } };',
  );
  const { code, output } = await clone.run("types");
  expect(code).toBe(70);
  expect(output).toMatch(/TypeError: oh\n\s+at /);
  expect(output).toContain("This is a bug in redis-ha.");
});

/** Returns the paths of the state files that contain a text, relative to the clone. */
function filesWith(clone: Clone, text: string): readonly string[] {
  return readdirSync(join(clone.folder, ".state/.pulumi"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(clone.folder, join(entry.parentPath, entry.name)))
    .filter((file) => clone.read(file).includes(text));
}

function isIn(file: string, places: readonly string[]): boolean {
  return places.some((place) => file === place || file.startsWith(`${place}/`));
}
