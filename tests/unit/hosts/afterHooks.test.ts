import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");

/** The folders of the program in which resources are declared. */
const folders = ["components", "hosts"];

/** Matches every kind of hook that Pulumi runs after a change of a resource. */
const afterHook = /\bafter(Create|Update|Delete)\b/;

/**
 * Pulumi's engine holds the lock of a new resource while the resource's after-hooks run, and every write of the state
 * waits for this lock. So an after-hook stops the whole update, and blocks it forever if the hook waits for a resource
 * that the update has yet to create. A hook that records something can run before the change instead. A wait belongs
 * into the before-hook of the resource that needs it.
 */
describe("the program's source files", () => {
  test("are found by the search for after-hooks", async () => {
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

  test("declare no hook that runs after a change of a resource", async () => {
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
