import { z } from "zod";
import { type StatedResource, statedResources } from "../../hosts/stateResources.ts";
import type { Backend } from "../../toolchain/pulumi/backend.ts";
import { readStateText } from "./stateText.ts";

/**
 * The resources that the state of a stack has; none where the backend does not know the stack. Secrets stay encrypted.
 *
 * @throws OperationError when the backend does not answer
 */
export async function readState(
  projectRoot: string,
  backend: Backend,
  stack: string,
): Promise<readonly StatedResource[]> {
  const { checkpoint, deployment } = state.parse(parsedIfWhole(await readStateText(projectRoot, backend, stack)));
  return checkpoint?.latest ?? deployment ?? [];
}

/** A file of a backend has a checkpoint, and `pulumi stack export` writes a deployment. */
const state = z.object({
  checkpoint: z.object({ latest: statedResources }).optional(),
  deployment: statedResources.optional(),
});

/** Empty for half a file, which Pulumi itself refuses in its own words. */
function parsedIfWhole(text: string | undefined): unknown {
  try {
    return text === undefined ? {} : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) {
      return {};
    }
    throw error;
  }
}
