import { z } from "zod";
import { type StatedResource, statedResources } from "../../hosts/stateResources.ts";
import type { Backend } from "../../toolchain/pulumi/backend.ts";
import { readStateText } from "./stateText.ts";

/**
 * Reads the resources in the state of a stack. Secrets stay encrypted. Empty if the backend has no such stack.
 *
 * @throws OperationError if the backend does not answer
 */
export async function readState(
  projectRoot: string,
  backend: Backend,
  stack: string,
): Promise<readonly StatedResource[]> {
  const { checkpoint, deployment } = state.parse(parseIfComplete(await readStateText(projectRoot, backend, stack)));
  return checkpoint?.latest ?? deployment ?? [];
}

/** A backend's file contains a `checkpoint`, the output of `pulumi stack export` a `deployment`. */
const state = z.object({
  checkpoint: z.object({ latest: statedResources }).optional(),
  deployment: statedResources.optional(),
});

/** Returns an empty object for an incomplete file: Pulumi itself reports that error. */
function parseIfComplete(text: string | undefined): unknown {
  try {
    return text === undefined ? {} : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) {
      return {};
    }
    throw error;
  }
}
