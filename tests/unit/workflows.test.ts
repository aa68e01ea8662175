import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { describe, expect, test } from "vitest";
import { rawConfiguration } from "../support/unit/stackFile.ts";

const root = join(import.meta.dirname, "../..");

interface Step {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly run?: string;
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly environment?: string;
  readonly needs?: string;
  readonly if?: string;
  readonly strategy?: { readonly matrix: { readonly stack?: readonly string[] } };
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const workflows = filesIn(".github/workflows").map((file) => ({ file, ...(read(file) as Workflow) }));
const jobs = workflows.flatMap(({ file, jobs: all, on, permissions }) =>
  Object.entries(all).map(([name, job]) => ({ name: `${file}: ${name}`, job, on, permissions })),
);
const actions = filesIn(".github/actions", true).filter((file) => file.endsWith("action.yml"));

/** All stacks except the one for a developer's own machine. */
const stacks = readdirSync(root)
  .flatMap((file) => /^Pulumi\.(\w+)\.yaml$/.exec(file)?.[1] ?? [])
  .filter((stack) => stack !== "dev");

/** The GitHub secret that gives access to each target. */
const accessTo: Readonly<Record<string, string>> = { kubernetes: "KUBECONFIG", docker: "DOCKER_HOST" };

describe("the GitHub workflows", () => {
  test("preview, check for drift and bring up every committed stack", () => {
    expect(stacksOf("preview.yml")).toEqual(new Set(stacks));
    expect(stacksOf("drift.yml")).toEqual(new Set(stacks));
    expect(stacksOf("up.yml")).toEqual(new Set(stacks));
  });

  test.each(jobsOnStacks())("give the job %s exactly the secrets that its stacks' targets need", (_name, job) => {
    const targets = stacksOfJob(job).map((stack) => rawConfiguration(stack)["redis-ha:target"] ?? "docker");
    const needed = [...new Set(targets.map((target) => accessTo[target]))];
    expect(secretsIn(job)).toEqual(new Set(["PULUMI_ACCESS_TOKEN", ...needed]));
  });

  test.each(jobsOnStacks())("give the job %s its secrets through a GitHub environment of its stack", (_name, job) => {
    const [stack = "", ...others] = stacksOfJob(job);
    const allowed = others.length > 0 ? /^\$\{\{ matrix\.stack \}\}-preview$/ : new RegExp(`^${stack}$`);
    expect(job.environment).toMatch(allowed);
  });

  test("bring production up only after staging is up and verified", () => {
    const up = workflows.find(({ file }) => file.endsWith("/up.yml"));
    expect(up?.on).toEqual({ push: { branches: ["main"] } });
    expect(up?.jobs["prod"]).toMatchObject({ needs: "staging", environment: "prod" });
  });

  test("give write permission only to the preview, for its comment on the pull request", () => {
    expect(workflows.map(({ permissions }) => permissions)).toEqual(workflows.map(() => ({ contents: "read" })));
    const wider = jobs.flatMap(({ name, job }) => (job.permissions === undefined ? [] : [[name, job.permissions]]));
    expect(wider).toEqual([[".github/workflows/preview.yml: preview", { contents: "read", "pull-requests": "write" }]]);
  });

  test("give no secret to the code of a fork", () => {
    expect(workflows.filter(({ on }) => "pull_request_target" in on || "workflow_run" in on)).toEqual([]);
    const exposed = jobs
      .filter(({ on, job }) => "pull_request" in on && secretsIn(job).size > 0)
      .map(({ name, job }) => [name, job.if]);
    expect(exposed).toEqual([
      [".github/workflows/preview.yml: preview", "github.event.pull_request.head.repo.full_name == github.repository"],
    ]);
  });

  test("leave no token in the checked-out repository", () => {
    const checkouts = jobs.flatMap(({ job }) => job.steps.filter(({ uses }) => uses?.startsWith("actions/checkout@")));
    expect(checkouts).toHaveLength(jobs.length);
    expect(checkouts.map((step) => step.with?.["persist-credentials"])).toEqual(checkouts.map(() => false));
  });

  test("reference every third-party action by its commit, with the release in a comment", () => {
    const lines = [...workflows.map(({ file }) => file), ...actions].flatMap((file) =>
      readFileSync(join(root, file), "utf8").split("\n"),
    );
    const used = lines.flatMap((line) => /^\s*(?:- )?uses: (?!\.\/)(.+)$/.exec(line)?.[1] ?? []);
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((action) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))).toEqual([]);
  });
});

function filesIn(folder: string, recursive = false): readonly string[] {
  try {
    return readdirSync(join(root, folder), { recursive, encoding: "utf8" }).map((file) => `${folder}/${file}`);
  } catch {
    return [];
  }
}

function read(file: string): unknown {
  return load(readFileSync(join(root, file), "utf8"));
}

/** The stacks in a job's matrix, or the stacks that its commands name. */
function stacksOfJob(job: Job): readonly string[] {
  const named = job.steps.flatMap(({ run = "" }) => /--stack (\w+)/.exec(run)?.[1] ?? []);
  return job.strategy?.matrix.stack ?? named;
}

function stacksOf(file: string): ReadonlySet<string> {
  const workflow = workflows.find((each) => each.file.endsWith(`/${file}`));
  return new Set(Object.values(workflow?.jobs ?? {}).flatMap(stacksOfJob));
}

function jobsOnStacks(): readonly (readonly [string, Job])[] {
  return jobs.filter(({ job }) => stacksOfJob(job).length > 0).map(({ name, job }) => [name, job] as const);
}

function secretsIn(job: Job): ReadonlySet<string> {
  return new Set([...JSON.stringify(job).matchAll(/secrets\.(\w+)/g)].map(([, name = ""]) => name));
}
