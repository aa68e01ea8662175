import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { prepareBackend } from "../../../../toolchain/pulumi/backend.ts";
import { temporaryFolder } from "../../../support/unit/temporaryFolder.ts";

const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);

describe("the user's own backend is used", () => {
  const loggedIn = { current: "https://api.pulumi.com", accounts: {} };
  test.each([
    ["PULUMI_BACKEND_URL", { PULUMI_BACKEND_URL: "s3://state" }, {}],
    ["PULUMI_ACCESS_TOKEN", { PULUMI_ACCESS_TOKEN: "pul-x" }, {}],
    ["`backend` in Pulumi.yaml", {}, { project: "name: p\nbackend:\n  url: s3://state\n" }],
    ["a login", {}, { credentials: loggedIn }],
    ["a login that Pulumi has encrypted", {}, { credentials: { $pulumiSecureStore: 1, data: "x" } }],
  ])("if it is given by %s", async (_name, environment, files) => {
    const { root, given } = machine(environment, files);
    expect(await prepareBackend(root, given)).toEqual({ folder: undefined, environment: given });
  });
});

describe("the state of a user without a backend", () => {
  test("is kept in the clone, with a passphrase that stays the same and that only the user can read", async () => {
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
    expect(stderr.mock.calls.map(([line]) => line)).toEqual([
      "redis-ha: keeping the state of the stacks in the folder .state of this clone, since Pulumi is not logged in to a backend\n",
    ]);
    expect(readFileSync(file, "utf8")).toBe(passphrase);
  });

  test("is kept in the clone if the user has logged out", async () => {
    const { root, given } = machine({}, { credentials: { accounts: {} } });
    expect((await prepareBackend(root, given)).folder).toBe(join(root, ".state"));
  });

  test.each(["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"])(
    "is encrypted with %s if it is set",
    async (variable) => {
      const { root, given } = machine({ [variable]: "mine" }, {});
      const { environment } = await prepareBackend(root, given);
      expect(environment).toEqual({ ...given, PULUMI_BACKEND_URL: `file://${root}/.state?metadata=skip` });
    },
  );
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
