import { parseArgs } from "node:util";
import { runInForeground } from "../../toolchain/base/childProcess.mjs";
import { defineCommand, stackOption } from "../command.ts";
import { openWorkspace, projectRoot, pulumiOnStack } from "../stack/workspace.ts";

/** Commands of Pulumi that have something to do with what runs, under all their names. */
const onPlatform = new Set("up update preview pre refresh destroy down dn import watch".split(" "));

/** Commands of Pulumi that read the stack's configuration file. */
const onStackFile = new Set(["config", ...onPlatform]);

export const command = defineCommand({
  name: "pulumi",
  summary: "run any command of Pulumi in the prepared environment",
  usage: `npm run pulumi -- COMMAND [ARGUMENT ...]

Everything after -- goes to Pulumi as it is, and its exit code comes back. Commands that read the configuration of a
stack work on dev unless --stack names another; the rest on the stack that is selected, which is the one created last.

  npm run pulumi -- config set redis-ha:replicas 3
  npm run pulumi -- refresh --preview-only --expect-no-changes
  npm run pulumi -- stack export --stack dev --file backup.json`,
  options: {},
  passThrough: true,
  async run(_values, pulumiArguments) {
    const { stack, others } = takeStack(pulumiArguments);
    const name = others.find((argument) => !argument.startsWith("-")) ?? "";
    const workspace = await openWorkspace(onPlatform.has(name) ? stack : undefined);
    if (!onStackFile.has(name)) {
      const { environment } = workspace;
      return runInForeground("pulumi", pulumiArguments, { directory: projectRoot, environment });
    }
    return pulumiOnStack(workspace, stack, others);
  },
});

/** Separates --stack, as Pulumi takes it, from the other arguments. */
function takeStack(pulumiArguments: readonly string[]): { stack: string; others: string[] } {
  const { tokens, values } = parseArgs({
    args: [...pulumiArguments],
    options: { stack: { ...stackOption, short: "s" } },
    strict: false,
    tokens: true,
  });
  const others = [...pulumiArguments];
  for (const token of tokens.toReversed()) {
    if (token.kind === "option" && token.name === "stack") {
      others.splice(token.index, token.inlineValue ? 1 : 2);
    }
  }
  return { stack: String(values.stack), others };
}
