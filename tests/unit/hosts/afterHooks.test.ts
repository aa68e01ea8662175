import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");

/** Where resources are declared. */
const folders = ["components", "hosts"];

/** Every way to have Pulumi run something after a resource was changed. */
const afterHook = /\bafter(Create|Update|Delete)\b/;

/**
 * The engine keeps a new resource's lock while its after-hooks run, and each write of the state waits for that lock. So
 * the whole update stands still meanwhile, and for good if the hook waits for what the update has yet to make. A note can
 * be taken before a change just as well; a wait belongs into the before-hook of what needs it.
 */
describe("what declares resources", () => {
  test("is searched for after-hooks where it is", async () => {
    const sources = await sourcesOfProgram();
    expect(sources.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        "components/parts/readinessGate.ts",
        "hosts/docker/host.ts",
        "hosts/kubernetes/hooks.ts",
        "index.ts",
      ]),
    );
    expect(afterHook.test("hooks: { afterCreate: [hook] }")).toBe(true);
  });

  test("gives no resource a hook that runs after a change", async () => {
    const offenders = (await sourcesOfProgram()).filter(({ text }) => afterHook.test(text));
    expect(offenders.map(({ path }) => path)).toEqual([]);
  });
});

async function sourcesOfProgram(): Promise<readonly { readonly path: string; readonly text: string }[]> {
  const listed = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(root, folder), { recursive: true })).map((name) => join(folder, name)),
    ),
  );
  const paths = ["index.ts", ...listed.flat()].filter((path) => path.endsWith(".ts"));
  return Promise.all(paths.map(async (path) => ({ path, text: await readFile(join(root, path), "utf8") })));
}
