import { defineCommand, stackOption } from "../command.ts";
import { openWorkspace, pulumiOnStack } from "../stack/workspace.ts";

export const command = defineCommand({
  name: "preview",
  summary: "show what `up` would change, and change nothing",
  usage: `npm run preview -- [--stack NAME] [--diff]

Adds what this machine lacks and runs \`pulumi preview\`. The verification is not part of a preview.

  --stack NAME  the stack, configured by Pulumi.NAME.yaml; created, empty, if it does not exist (default: dev)
  --diff        show every property and output that would change`,
  options: { stack: stackOption, diff: { type: "boolean", default: false } },
  async run({ stack, diff }) {
    const workspace = await openWorkspace(stack);
    return pulumiOnStack(workspace, stack, ["preview", diff ? "--diff" : "--suppress-outputs"]);
  },
});
