import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { prepareBackend } from "../../../../toolchain/pulumi/backend.ts";
import { temporaryFolder } from "../../../support/unit/temporaryFolder.ts";

const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);

describe("a backend the user has is used as it is", () => {
  const loggedIn = { current: "https://api.pulumi.com", accounts: {} };
  test.each([
    ["PULUMI_BACKEND_URL", { PULUMI_BACKEND_URL: "s3://state" }, {}],
    ["PULUMI_ACCESS_TOKEN", { PULUMI_ACCESS_TOKEN: "pul-x" }, {}],
    ["backend in Pulumi.yaml", {}, { project: "name: p\nbackend:\n  url: s3://state\n" }],
    ["a login", {}, { credentials: loggedIn }],
    ["a login that Pulumi has encrypted", {}, { credentials: { $pulumiSecureStore: 1, data: "x" } }],
  ])("%s", async (_name, environment, files) => {
    const { root, given } = machine(environment, files);
    expect(await prepareBackend(root, given)).toEqual({ folder: undefined, environment: given });
  });
});

describe("without one the state is kept in the clone", () => {
  test("with a passphrase that only the user can read and that stays the same", async () => {
    const { root, given } = machine({}, {});
    const first = await prepareBackend(root, given);
    const file = join(root, ".state/passphrase");
    expect(first).toEqual({
      folder: join(root, ".state"),
      environment: {
        ...given,
        PULUMI_BACKEND_URL: `file://${root}/.state?metadata=skip`,
        PULUMI_CONFIG_PASSPHRASE_FILE: file,
      },
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const passphrase = readFileSync(file, "utf8");
    expect(passphrase).toMatch(/^[\w-]{43}$/);
    expect(await prepareBackend(root, given)).toEqual(first);
    expect(said.mock.calls.map(([line]) => line)).toEqual([
      "redis-ha: keeping the stacks' state in .state of this clone: Pulumi is not logged in to any backend\n",
    ]);
    expect(readFileSync(file, "utf8")).toBe(passphrase);
  });

  test("a logged out user counts as one without", async () => {
    const { root, given } = machine({}, { credentials: { accounts: {} } });
    expect((await prepareBackend(root, given)).folder).toBe(join(root, ".state"));
  });

  test.each(["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"])("%s is respected", async (variable) => {
    const { root, given } = machine({ [variable]: "mine" }, {});
    const { environment } = await prepareBackend(root, given);
    expect(environment).toEqual({ ...given, PULUMI_BACKEND_URL: `file://${root}/.state?metadata=skip` });
  });
});

function machine(variables: NodeJS.ProcessEnv, files: { project?: string; credentials?: object }) {
  const root = temporaryFolder();
  const home = join(root, "home");
  mkdirSync(home);
  writeFileSync(join(root, "Pulumi.yaml"), files.project ?? "name: p\nruntime: nodejs\n");
  if (files.credentials !== undefined) {
    writeFileSync(join(home, "credentials.json"), JSON.stringify(files.credentials, null, 4));
  }
  return { root, given: { PULUMI_HOME: home, ...variables } };
}
