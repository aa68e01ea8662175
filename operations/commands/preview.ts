import { defineCommand, stackOption } from "../command.ts";
import { openWorkspace, pulumiOnStack } from "../stack/workspace.ts";

export const command = defineCommand({
  name: "preview",
  summary: "show what `up` would change, without changing anything",
  usage: `npm run preview -- [--stack NAME] [--diff]

Installs what is missing on this machine and runs \`pulumi preview\`. A preview does not run the verification.

  --stack NAME  the stack, configured in Pulumi.NAME.yaml; created without resources if it does not exist (default: dev)
  --diff        show every property and output that would change`,
  options: { stack: stackOption, diff: { type: "boolean", default: false } },
  async run({ stack, diff }) {
    const workspace = await openWorkspace(stack);
    return pulumiOnStack(workspace, stack, ["preview", diff ? "--diff" : "--suppress-outputs"]);
  },
});
