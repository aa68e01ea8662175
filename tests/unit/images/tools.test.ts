import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { recipeFolder } from "../../../images/recipes.ts";

test("the lock file of the image tools is in a folder that only root can write to, and opening it does not truncate it", () => {
  const script = readFileSync(join(recipeFolder, "tools.sh"), "utf8");
  const [, redirection, file = ""] = /^exec 9(>+)(\S+)$/m.exec(script) ?? [];
  expect(redirection).toBe(">>");
  expect(statSync(dirname(file))).toMatchObject({ uid: 0 });
  expect(statSync(dirname(file)).mode & 0o022).toBe(0);
});
