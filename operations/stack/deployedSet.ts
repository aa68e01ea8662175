import { type DeployedSet, outputsSchema } from "../../topology/outputs.ts";
import { OperationError } from "../command.ts";
import { readStackOutputs } from "./stack.ts";

/** The stack exists but has no deployed set: no `up` has completed, or `down` has removed the set. */
export class StackNotUpError extends OperationError {
  constructor(stack: string) {
    super(`the stack ${stack} is not deployed; deploy it with: npm run up -- --stack ${stack}`);
    this.name = "StackNotUpError";
  }
}

/** The outputs were written by another version of the program. */
export class StackOutputsError extends OperationError {
  /** Paths of outputs that are missing or have the wrong type, such as `topology.sentinels.0.id`; never a value. */
  readonly paths: readonly string[];

  constructor(stack: string, paths: readonly string[]) {
    super(
      `the outputs of the stack ${stack} do not match this version (${paths.join(", ")}); ` +
        `update them with: npm run up -- --stack ${stack}`,
    );
    this.name = "StackOutputsError";
    this.paths = paths;
  }
}

/**
 * @param environment the prepared environment. @default it is prepared here
 * @throws StackNotFoundError, StackNotUpError, StackOutputsError
 */
export async function readDeployedSet(stack: string, environment?: NodeJS.ProcessEnv): Promise<DeployedSet> {
  return parseDeployedSet(stack, await readStackOutputs(stack, environment));
}

/** @throws StackNotUpError, StackOutputsError */
export function parseDeployedSet(stack: string, outputs: Readonly<Record<string, unknown>>): DeployedSet {
  if (outputs["topology"] === undefined) {
    throw new StackNotUpError(stack);
  }
  const parsed = outputsSchema.safeParse(outputs);
  if (!parsed.success) {
    throw new StackOutputsError(stack, [...new Set(parsed.error.issues.map((issue) => issue.path.join(".")))]);
  }
  const { topology, password, gateway, commander, metrics } = parsed.data;
  if (topology.gateways.length > 0 && !gateway) {
    throw new StackOutputsError(stack, ["gateway"]);
  }
  if (topology.commander !== undefined && !commander) {
    throw new StackOutputsError(stack, ["commander"]);
  }
  if (topology.exporter !== undefined && !metrics) {
    throw new StackOutputsError(stack, ["metrics"]);
  }
  return {
    topology,
    password,
    gateway: gateway ?? undefined,
    commander: commander ?? undefined,
    metrics: metrics ?? undefined,
  };
}
