import { parseArgs } from "node:util";
import { runInForeground } from "../../toolchain/base/childProcess.mjs";
import { defineCommand, stackOption } from "../command.ts";
import { openWorkspace, projectRoot, pulumiOnStack } from "../stack/workspace.ts";

/** Pulumi's commands that need the stack's platform (Docker or Kubernetes), with all their aliases. */
const onPlatform = new Set("up update preview pre refresh destroy down dn import watch".split(" "));

/** Pulumi's commands that read the stack's configuration file. */
const onStackFile = new Set(["config", ...onPlatform]);

export const command = defineCommand({
  name: "pulumi",
  summary: "run any Pulumi command in the prepared environment",
  usage: `npm run pulumi -- COMMAND [ARGUMENT ...]

All arguments after -- are passed to Pulumi unchanged, and the command exits with Pulumi's exit code. Commands that read
the configuration of a stack use the stack dev, or the one that --stack names. All others use the selected stack, which
is the one that was created last.

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

/** Separates --stack, in every form that Pulumi accepts, from the other arguments. */
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
