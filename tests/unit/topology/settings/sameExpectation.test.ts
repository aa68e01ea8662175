import { expect, test } from "vitest";
import { settingEntries } from "../../../../topology/settings/reference.ts";
import { problemsOf } from "../../../support/unit/judgement.ts";

const groups = new Set(settingEntries().map(({ path }) => path.split(".").slice(0, -1).join(".")));

test.each(settingEntries().filter(({ path }) => !groups.has(path) && !path.includes("password")))(
  "the refusal of an invalid $path names the same accepted values as the configuration table",
  ({ path, accepts }) => {
    const target = path.startsWith("kubernetes.") ? { target: "kubernetes" } : {};
    const wrong = path.split(".").reduceRight<unknown>((inner, key) => ({ [key]: inner }), "100% \u0000");
    const problems = problemsOf({ ...target, ...(wrong as object) });
    expect(problems.find((problem) => problem.path === path)?.expected).toBe(accepts);
  },
);
