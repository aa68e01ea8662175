import { defineCommand, stackOption } from "../command.ts";
import { consent, openWorkspace, pulumiOnStack } from "../stack/workspace.ts";

export const command = defineCommand({
  name: "up",
  summary: "bring a stack up, or to what its configuration says, and verify it",
  usage: `npm run up -- [--stack NAME] [--yes]

Adds what this machine lacks, runs \`pulumi up\`, whose last step is the verification, and prints what runs where.
The stack dev is changed without a question. For any other stack Pulumi shows first what it would change and asks;
--yes answers beforehand, and is needed where there is no terminal.

  --stack NAME  the stack, configured by Pulumi.NAME.yaml; created if it does not exist (default: dev)
  --yes         change it without a question`,
  options: { stack: stackOption, yes: { type: "boolean", default: false } },
  async run({ stack, yes }) {
    const answers = consent(stack, yes);
    const workspace = await openWorkspace(stack);
    const code = await pulumiOnStack(workspace, stack, ["up", "--suppress-outputs", ...answers]);
    if (code === 0) {
      const { printSummary } = await import("../stack/summary.ts");
      await printSummary(stack, workspace.environment);
    }
    return code;
  },
});
