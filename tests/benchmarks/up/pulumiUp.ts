import { join } from "node:path";
import { prepareEngine } from "../../../toolchain/pulumi/engine.ts";
import { DeployedStack, projectRoot } from "../../support/stacks/deployedStack.ts";
import type { Times } from "./times.ts";
import { succeeding, timed } from "./timing.ts";

/** The measurements of Pulumi, which are the same for every target. */
export type PulumiMeasured = "up" | "unchanged" | "empty";

export const pulumiLabels = {
  up: "pulumi up from nothing, verified (b)",
  unchanged: "pulumi up without a change (c)",
  empty: "pulumi up of an empty program (d)",
} as const satisfies Readonly<Record<PulumiMeasured, string>>;

/**
 * Times a first update of a set, a second one without a change, and one of an empty program. Leaves the set running.
 */
export async function timePulumi(set: DeployedStack, empty: EmptyStack): Promise<Times<PulumiMeasured>> {
  return {
    up: await timed(() => succeeding(set.up())),
    unchanged: await timed(() => succeeding(set.up())),
    empty: await timed(() => succeeding(empty.up())),
  };
}

/** Passes a stack to `work`, and then removes the stack and all that it has deployed, even after an error. */
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

/** A stack without resources. Its update takes the time of Pulumi itself. */
export class EmptyStack extends DeployedStack {
  /** Creates the stack, and runs its first update. */
  static async create(): Promise<EmptyStack> {
    const environment = await prepareEngine(process.env, []);
    const stack = new EmptyStack("empty", { environment, program: join(projectRoot, "tests/benchmarks/empty") });
    await stack.initialise({});
    await succeeding(stack.up());
    return stack;
  }

  protected override async removeSet(): Promise<void> {
    // An empty stack has no set.
  }
}
