import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { lendStackFile } from "../../../../toolchain/pulumi/stackFile.ts";
import { temporaryFolder } from "../../../support/unit/temporaryFolder.ts";

const config = "# small\nconfig:\n  redis-ha:replicas: 2\n";
const salt = "encryptionsalt: v1:abc=:v1:def==\n";

describe("if the state is kept in the clone", () => {
  test("Pulumi works on a copy with the salt, and the stack's file gets no salt", async () => {
    const { lend, read } = clone(config, salt);
    await lend((file) => expect(readFileSync(file!, "utf8")).toBe(config + salt));
    expect(read()).toBe(config);
  });

  test("a salt that Pulumi writes is kept in the copy", async () => {
    const { lend, read } = clone(config);
    await lend((file) => writeFileSync(file!, config + salt));
    expect(read()).toBe(config);
    await lend((file) => expect(readFileSync(file!, "utf8")).toBe(config + salt));
  });

  test("the copy is updated from the stack's file", async () => {
    const { lend, file } = clone(config, `# old\n${salt}`);
    writeFileSync(file, "config: {}");
    await lend((copy) => expect(readFileSync(copy!, "utf8")).toBe(`config: {}\n${salt}`));
    expect(readFileSync(file, "utf8")).toBe("config: {}");
  });

  test("no file is created for a stack without a file", async () => {
    const { lend, file } = clone(undefined, salt);
    await lend((copy) => expect(readFileSync(copy!, "utf8")).toBe(salt));
    expect(existsSync(file)).toBe(false);
  });

  test("a setting that Pulumi adds is written to the stack's file", async () => {
    const { lend, read } = clone(config, salt);
    await lend((file) => writeFileSync(file!, `${config}  redis-ha:size: dev\n${salt}`));
    expect(read()).toBe(`${config}  redis-ha:size: dev\n`);
  });

  test("a secret is written to the stack's file together with its salt", async () => {
    const { lend, read } = clone(config, salt);
    const changed = `${config}  redis-ha:password:\n    secure: v1:xyz\n${salt}`;
    await lend((file) => writeFileSync(file!, changed));
    expect(read()).toBe(changed);
  });

  test("a change that Pulumi makes before it fails is written to the stack's file", async () => {
    const { lend, read } = clone(config, salt);
    const failing = lend((file) => {
      writeFileSync(file!, `${config}  redis-ha:size: dev\n${salt}`);
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(read()).toBe(`${config}  redis-ha:size: dev\n`);
  });

  test("Pulumi works on the stack's file itself if the file has a salt", async () => {
    const { lend } = clone(config + salt);
    await lend((file) => expect(file).toBeUndefined());
  });
});

test("no copy of the stack's file is made with the user's own backend", async () => {
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
