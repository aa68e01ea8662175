import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { lendStackFile } from "../../../../toolchain/pulumi/stackFile.ts";
import { temporaryFolder } from "../../../support/unit/temporaryFolder.ts";

const config = "# small\nconfig:\n  redis-ha:replicas: 2\n";
const salt = "encryptionsalt: v1:abc=:v1:def==\n";

describe("where the state lies in the clone", () => {
  test("Pulumi gets a copy with the salt, and the salt stays out of the stack's file", async () => {
    const { lend, read } = clone(config, salt);
    await lend((file) => expect(readFileSync(file!, "utf8")).toBe(config + salt));
    expect(read()).toBe(config);
  });

  test("a salt that Pulumi writes stays in the copy for the next time", async () => {
    const { lend, read } = clone(config);
    await lend((file) => writeFileSync(file!, config + salt));
    expect(read()).toBe(config);
    await lend((file) => expect(readFileSync(file!, "utf8")).toBe(config + salt));
  });

  test("the copy follows the stack's file", async () => {
    const { lend, file } = clone(config, `# old\n${salt}`);
    writeFileSync(file, "config: {}");
    await lend((copy) => expect(readFileSync(copy!, "utf8")).toBe(`config: {}\n${salt}`));
    expect(readFileSync(file, "utf8")).toBe("config: {}");
  });

  test("a stack without a file of its own does not get one", async () => {
    const { lend, file } = clone(undefined, salt);
    await lend((copy) => expect(readFileSync(copy!, "utf8")).toBe(salt));
    expect(existsSync(file)).toBe(false);
  });

  test("a setting that Pulumi adds goes into the stack's file", async () => {
    const { lend, read } = clone(config, salt);
    await lend((file) => writeFileSync(file!, `${config}  redis-ha:size: dev\n${salt}`));
    expect(read()).toBe(`${config}  redis-ha:size: dev\n`);
  });

  test("a secret goes into the stack's file together with the salt it needs", async () => {
    const { lend, read } = clone(config, salt);
    const changed = `${config}  redis-ha:password:\n    secure: v1:xyz\n${salt}`;
    await lend((file) => writeFileSync(file!, changed));
    expect(read()).toBe(changed);
  });

  test("what Pulumi changed is kept when it fails afterwards", async () => {
    const { lend, read } = clone(config, salt);
    const failing = lend((file) => {
      writeFileSync(file!, `${config}  redis-ha:size: dev\n${salt}`);
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(read()).toBe(`${config}  redis-ha:size: dev\n`);
  });

  test("a file that has a salt of its own is Pulumi's to use", async () => {
    const { lend } = clone(config + salt);
    await lend((file) => expect(file).toBeUndefined());
  });
});

test("with the user's own backend nothing is lent", async () => {
  const root = temporaryFolder();
  expect(await lendStackFile(root, undefined, "dev", async (file) => file)).toBeUndefined();
});

function clone(text: string | undefined, salted = "") {
  const root = temporaryFolder();
  const file = join(root, "Pulumi.dev.yaml");
  if (text !== undefined) {
    writeFileSync(file, text);
  }
  const state = join(root, ".state");
  mkdirSync(join(state, "stacks"), { recursive: true });
  writeFileSync(join(state, "stacks/Pulumi.dev.yaml"), salted);
  const lend = (use: (file: string | undefined) => void) =>
    lendStackFile(root, state, "dev", async (copy) => use(copy));
  return { file, read: () => readFileSync(file, "utf8"), lend };
}
