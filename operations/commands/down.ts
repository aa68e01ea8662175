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

/** With this variable set to `true`, Pulumi's Kubernetes provider takes what it cannot reach for removed. */
const FORGET = "PULUMI_K8S_DELETE_UNREACHABLE";

export const command = defineCommand({
  name: "down",
  summary: "remove everything a stack has created, its data included",
  usage: `npm run down -- [--stack NAME] [--yes]

Runs \`pulumi destroy\`, which removes containers, network, and volumes with their data. The stack itself stays, empty,
with its configuration and history (remove it by \`npm run pulumi -- stack rm NAME\`). The generated passwords stay too,
encrypted, in the history and backups of the state: these are kept because they are the way back from a mistake. At its
end the command lists them. Where the stack runs on Kubernetes, nothing is removed unless the cluster answers.
Nothing is removed either when another state made the objects, such as the stack of the same name in another clone, or
when the cluster is not the one that the set was brought up on. What a killed update left without noting it in the state
is removed as well.
The stack dev goes without a question. For any other stack Pulumi shows first what it would remove and asks; --yes
answers beforehand, and is needed where there is no terminal.

  --stack NAME  the stack (default: dev)
  --yes         remove it without a question`,
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
    return "the history of the Pulumi backend still has the passwords of the removed set, encrypted";
  }
  const paths = await earlierStates(projectRoot, folder, stack);
  const list = paths.map((path) => relative(projectRoot, path)).join(", ");
  return `earlier states still have the passwords of the removed set, encrypted; to erase them, remove: ${list}`;
}

/**
 * Checks who made the objects before anything is removed, because Pulumi removes an object by its name. Checks also that
 * the cluster answers: Pulumi would otherwise remove what needs no cluster first, and then stop.
 *
 * @throws OperationError
 */
async function requireOwn({ backend, environment }: Workspace, stack: string): Promise<Claims> {
  const claims = await ask(await readState(projectRoot, backend, stack), environment);
  if (claims.refusals.length > 0) {
    throw new OperationError(
      `nothing of the stack ${stack} is removed: ${claims.refusals.join("; ")}\n` +
        "Run this in the clone with the state that made them, or with its Pulumi backend.\n" +
        `To have this state forget everything without removing it: npm run pulumi -- stack rm --force --stack ${stack}`,
    );
  }
  if (claims.unreachable !== undefined && environment[FORGET] !== "true") {
    throw new OperationError(
      `nothing of the stack ${stack} is removed: ${claims.unreachable}\n` +
        `Where that cluster is gone for good, have the stack forget it: ${FORGET}=true npm run down -- --stack ${stack}`,
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

/** They come first: a volume or network that they use cannot be removed before them. */
async function removeLeftovers(leftovers: readonly Leftover[], consented: boolean): Promise<void> {
  if (leftovers.length === 0) {
    return;
  }
  const list = leftovers.map(({ description }) => description).join(", ");
  if (!consented && !(await isConfirmed(`a killed update left ${list}; remove them with their data? [y/N] `))) {
    throw new OperationError("nothing was removed");
  }
  for (const { description, remove } of leftovers) {
    say(`removing ${description}, which a killed update left`);
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
