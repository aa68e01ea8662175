import { relative } from "node:path";
import { createInterface } from "node:readline/promises";
import { claimsOf } from "../../hosts/claims.ts";
import { EngineAddressError } from "../../hosts/docker/engine.ts";
import type { Claims, Leftover } from "../../hosts/ownership.ts";
import { say } from "../../toolchain/base/steps.mjs";
import type { Backend } from "../../toolchain/pulumi/backend.ts";
import { earlierStates, stackExists } from "../../toolchain/pulumi/stack.ts";
import { printable } from "../../topology/settings/printable.ts";
import { defineCommand, exitCodes, OperationError, stackOption } from "../command.ts";
import { readState } from "../stack/stackState.ts";
import { consent, openWorkspace, projectRoot, pulumiOnStack, type Workspace } from "../stack/workspace.ts";

/** If this variable is `true`, Pulumi's Kubernetes provider treats objects that it cannot reach as removed. */
const forgetVariable = "PULUMI_K8S_DELETE_UNREACHABLE";

export const command = defineCommand({
  name: "down",
  summary: "remove everything that a stack has created, including its data",
  usage: `npm run down -- [--stack NAME] [--yes]

Runs \`pulumi destroy\`, which removes all containers, networks and volumes of the stack. The data is lost. Objects
that a killed update created and did not record in the state are removed too.

These are kept:
- The stack itself, without resources, with its configuration and history. To remove it: npm run pulumi -- stack rm NAME
- The generated passwords, encrypted, in the history and backups of the state, with which a mistake can be undone. At
  the end the command prints where they are.

Nothing is removed in these cases:
- The stack runs on Kubernetes, and the cluster does not answer or is not the one that the set was deployed to.
- Another state created the objects, for example that of a stack of the same name in another clone.

The stack dev is removed without confirmation. For any other stack, Pulumi first shows what it would remove and asks
for confirmation. --yes confirms in advance; it is required where there is no terminal.

  --stack NAME  the stack (default: dev)
  --yes         remove it without confirmation`,
  options: { stack: stackOption, yes: { type: "boolean", default: false } },
  async run({ stack, yes }) {
    const answers = consent(stack, yes);
    const workspace = await openWorkspace(stack);
    if (!(await stackExists(projectRoot, workspace.backend, stack))) {
      say(`there is no stack ${printable(stack)}: nothing to remove`);
      return exitCodes.success;
    }
    const { leftovers } = await requireOwn(workspace, stack);
    await removeLeftovers(leftovers, answers.length > 0);
    const code = await pulumiOnStack(workspace, stack, ["destroy", ...answers]);
    if (code === 0) {
      say(await wherePasswordsRemain(workspace.backend, stack));
    }
    return code;
  },
});

async function wherePasswordsRemain({ folder }: Backend, stack: string): Promise<string> {
  if (folder === undefined) {
    return "the history in the Pulumi backend still contains the encrypted passwords of the removed set";
  }
  const paths = await earlierStates(projectRoot, folder, stack);
  const list = paths.map((path) => relative(projectRoot, path)).join(", ");
  return `earlier states still contain the encrypted passwords of the removed set; to erase them, delete: ${list}`;
}

/**
 * Checks that this state created the objects before anything is removed, because Pulumi removes objects by name. Also
 * checks that the cluster answers: otherwise Pulumi would first remove the resources that need no cluster, and then
 * fail.
 *
 * @throws OperationError
 */
async function requireOwn({ backend, environment }: Workspace, stack: string): Promise<Claims> {
  const claims = await ask(await readState(projectRoot, backend, stack), environment);
  if (claims.refusals.length > 0) {
    throw new OperationError(
      `nothing was removed from the stack ${stack}: ${claims.refusals.join("; ")}\n` +
        "Run this command in the clone whose state created them, or with the Pulumi backend of that state.\n" +
        `To make the state forget them without removing them: npm run pulumi -- stack rm --force --stack ${stack}`,
    );
  }
  if (claims.unreachable !== undefined && environment[forgetVariable] !== "true") {
    throw new OperationError(
      `nothing was removed from the stack ${stack}: ${claims.unreachable}\n` +
        `If that cluster no longer exists, make the stack forget it: ${forgetVariable}=true npm run down -- --stack ${stack}`,
    );
  }
  return claims;
}

async function ask(...[resources, environment]: Parameters<typeof claimsOf>): Promise<Claims> {
  try {
    return await claimsOf(resources, environment);
  } catch (error) {
    throw error instanceof EngineAddressError ? new OperationError(error.message) : error;
  }
}

/** Runs before `pulumi destroy`, which cannot remove a volume or network that a leftover container uses. */
async function removeLeftovers(leftovers: readonly Leftover[], consented: boolean): Promise<void> {
  if (leftovers.length === 0) {
    return;
  }
  const list = leftovers.map(({ description }) => description).join(", ");
  if (!consented && !(await isConfirmed(`a killed update left ${list}; remove them with their data? [y/N] `))) {
    throw new OperationError("nothing was removed");
  }
  for (const { description, remove } of leftovers) {
    say(`removing ${description}, left by a killed update`);
    await remove();
  }
}

async function isConfirmed(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question(question)).trim());
  } finally {
    terminal.close();
  }
}
