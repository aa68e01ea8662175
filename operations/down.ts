import { stackExists } from "../toolchain/stack.ts";
import { say } from "../toolchain/steps.mjs";
import { defineCommand, exitCodes, stackOption } from "./command.ts";
import { consent, openWorkspace, projectRoot, pulumiOnStack } from "./workspace.ts";

export const command = defineCommand({
  name: "down",
  summary: "remove everything a stack has created, its data included",
  usage: `npm run down -- [--stack NAME] [--yes]

Runs \`pulumi destroy\`: containers, network, volumes with their data, and the generated passwords are gone. The stack
itself stays, empty, with its configuration and history (remove it by \`npm run pulumi -- stack rm NAME\`).
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
    return pulumiOnStack(workspace, stack, ["destroy", ...answers]);
  },
});
