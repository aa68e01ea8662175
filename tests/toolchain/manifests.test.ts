import { execFile } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/unit/temporaryFolder.ts";

const root = join(import.meta.dirname, "../..");

/** Milliseconds. The command takes four seconds on an idle machine. */
const longest = 60_000;

/** Pulumi's SDK opens connections even if there is no engine. They must not keep the process alive. */
test("`manifests` exits after it has written the objects, and with an error for a stack on Docker", async () => {
  const folder = join(temporaryFolder(), "review");
  const written = await manifests("--stack", "staging", "--folder", folder);
  expect(written).toEqual({ code: 0, output: expect.stringContaining("wrote 47 objects to ") });
  expect(written.output).toContain("left out: Secret redis-ha-commander-commander-secrets, with the keys ");
  expect(await manifests("--stack", "dev", "--folder", folder)).toEqual({
    code: 1,
    output: "error: the stack dev has no Kubernetes objects: its target is not kubernetes\n",
  });
});

test.each([
  [
    "a wrong configuration",
    "config: { redis-ha:target: kubernetes, redis-ha:replicas: -1, redis-ha:sentinels: { count: many } }",
    /^error: the stack's configuration has 2 problems:\n {2}replicas: got -1, .+\n {2}sentinels.count: got many, .+\n$/,
  ],
  [
    "a file that is not valid YAML",
    "config: [",
    /^error: Pulumi\.wrong\.yaml cannot be read: unexpected end of the stream/,
  ],
])("`manifests` reports %s without a stack trace", async (_what, content, message) => {
  const file = join(root, "Pulumi.wrong.yaml");
  await writeFile(file, content);
  try {
    const { code, output } = await manifests("--stack", "wrong", "--folder", join(temporaryFolder(), "review"));
    expect([code, output]).toEqual([1, expect.stringMatching(message)]);
    expect(output).not.toMatch(/^\s+at /m);
  } finally {
    await rm(file);
  }
});

/** Returns the output and the exit code of the command. Rejects if the command does not exit in time. */
async function manifests(...options: readonly string[]) {
  const commandLine = ["toolchain/bootstrap.mjs", "manifests", ...options];
  const limits = { cwd: root, timeout: longest, killSignal: "SIGKILL" } as const;
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, commandLine, limits);
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, killed, stdout, stderr } = error as { [key in "code" | "killed" | "stdout" | "stderr"]: unknown };
    if (killed === true) {
      throw error;
    }
    return { code, output: `${stdout}${stderr}` };
  }
}
