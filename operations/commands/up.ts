import { defineCommand, stackOption } from "../command.ts";
import { consent, openWorkspace, pulumiOnStack } from "../stack/workspace.ts";

export const command = defineCommand({
  name: "up",
  summary: "deploy a stack, or update it to match its configuration, and verify it",
  usage: `npm run up -- [--stack NAME] [--yes]

Installs what is missing on this machine and runs \`pulumi up\`, whose last step is the verification. Then prints every
node with its role and address, and how to connect.
The stack dev is changed without confirmation. For any other stack, Pulumi first shows what it would change and asks for
confirmation. --yes confirms in advance; it is required where there is no terminal.

  --stack NAME  the stack, configured in Pulumi.NAME.yaml; created if it does not exist (default: dev)
  --yes         change it without confirmation`,
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
