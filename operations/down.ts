import { whyUnreachable } from "../hosts/unreachable.ts";
import { stackExists } from "../toolchain/stack.ts";
import { say } from "../toolchain/steps.mjs";
import type { Topology } from "../topology/topology.ts";
import { defineCommand, exitCodes, OperationError, stackOption } from "./command.ts";
import { readDeployedSet, StackNotUpError, StackOutputsError } from "./deployedSet.ts";
import { consent, openWorkspace, projectRoot, pulumiOnStack, type Workspace } from "./workspace.ts";

/** With this variable set to `true`, Pulumi's Kubernetes provider takes what it cannot reach for removed. */
const FORGET = "PULUMI_K8S_DELETE_UNREACHABLE";

export const command = defineCommand({
  name: "down",
  summary: "remove everything a stack has created, its data included",
  usage: `npm run down -- [--stack NAME] [--yes]

Runs \`pulumi destroy\`: containers, network, volumes with their data, and the generated passwords are gone. The stack
itself stays, empty, with its configuration and history (remove it by \`npm run pulumi -- stack rm NAME\`). Where it
runs on Kubernetes, nothing is removed unless the cluster answers.
The stack dev goes without a question. For any other stack Pulumi shows first what it would remove and asks; --yes
answers beforehand, and is needed where there is no terminal.

  --stack NAME  the stack (default: dev)
  --yes         remove it without a question`,
  options: { stack: stackOption, yes: { type: "boolean", default: false } },
  async run({ stack, yes }) {
    const answers = consent(stack, yes);
    const workspace = await openWorkspace(stack);
    if (!(await stackExists(projectRoot, workspace.backend, stack))) {
      say(`there is no stack ${stack}: nothing to remove`);
      return exitCodes.success;
    }
    await refuseUnreachable(workspace, stack);
    return pulumiOnStack(workspace, stack, ["destroy", ...answers]);
  },
});

/**
 * Where the cluster does not answer, Pulumi would begin with what needs none, and stop there.
 *
 * @throws OperationError
 */
async function refuseUnreachable({ environment }: Workspace, stack: string): Promise<void> {
  if (environment[FORGET] === "true") {
    return;
  }
  const topology = await deployedTopology(stack, environment);
  const reason = topology === undefined ? undefined : await whyUnreachable(topology);
  if (reason !== undefined) {
    throw new OperationError(
      `nothing of the stack ${stack} is removed: ${reason}\n` +
        `Where that cluster is gone for good, have the stack forget it: ${FORGET}=true npm run down -- --stack ${stack}`,
    );
  }
}

/** Undefined where the outputs do not say: an update that was interrupted has written none. */
async function deployedTopology(stack: string, environment: NodeJS.ProcessEnv): Promise<Topology | undefined> {
  try {
    return (await readDeployedSet(stack, environment)).topology;
  } catch (error) {
    if (error instanceof StackNotUpError || error instanceof StackOutputsError) {
      return undefined;
    }
    throw error;
  }
}
