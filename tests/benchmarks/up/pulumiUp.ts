import { join } from "node:path";
import { prepareEngine } from "../../../toolchain/pulumi/engine.ts";
import { DeployedStack, projectRoot } from "../../support/stacks/deployedStack.ts";
import type { Times } from "./times.ts";
import { succeeding, timed } from "./timing.ts";

/** What Pulumi is timed at, whatever the target. */
export type PulumiMeasured = "up" | "unchanged" | "empty";

export const pulumiLabels = {
  up: "pulumi up from nothing, verified (b)",
  unchanged: "pulumi up without a change (c)",
  empty: "pulumi up of an empty program (d)",
} as const satisfies Readonly<Record<PulumiMeasured, string>>;

/** Brings a set up from nothing and once more, and leaves it running. */
export async function timePulumi(set: DeployedStack, empty: EmptyStack): Promise<Times<PulumiMeasured>> {
  return {
    up: await timed(() => succeeding(set.up())),
    unchanged: await timed(() => succeeding(set.up())),
    empty: await timed(() => succeeding(empty.up())),
  };
}

/** Removes a stack, and all that it has brought up, when the work is over, however it ends. */
export async function withStack<Stack extends DeployedStack, Result>(
  created: Promise<Stack>,
  work: (stack: Stack) => Promise<Result>,
): Promise<Result> {
  const stack = await created;
  try {
    return await work(stack);
  } finally {
    await stack.dispose();
  }
}

/** A stack that has nothing: an update of it takes what Pulumi itself takes. */
export class EmptyStack extends DeployedStack {
  /** Brings it up too. */
  static async create(): Promise<EmptyStack> {
    const environment = await prepareEngine(process.env, []);
    const stack = new EmptyStack("empty", { environment, program: join(projectRoot, "tests/benchmarks/empty") });
    await stack.initialise({});
    await succeeding(stack.up());
    return stack;
  }

  protected override async removeSet(): Promise<void> {
    // It has none.
  }
}
