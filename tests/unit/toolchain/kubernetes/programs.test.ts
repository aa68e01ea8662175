import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { version } from "../../../../toolchain/kubernetes/programs.ts";

const goMod = readFileSync(join(import.meta.dirname, "../../../../toolchain/kubernetes/modules/kube/go.mod"), "utf8");

test("the Kubernetes programs report the release that go.mod requires", () => {
  expect(goMod).toMatch(new RegExp(`k8s\\.io/kubernetes v${version.replaceAll(".", "\\.")}( //.*)?$`, "m"));
});

test("all staging modules of Kubernetes have that release", () => {
  const replaced = [...goMod.matchAll(/^replace k8s\.io\/\S+ => k8s\.io\/\S+ v(\S+)$/gm)].map(([, release]) => release);
  expect(replaced.length).toBeGreaterThan(20);
  expect(new Set(replaced)).toEqual(new Set([version.replace(/^1/, "0")]));
});
