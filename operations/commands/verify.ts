import { styleText } from "node:util";
import { defaultDeadline } from "../../checks/deadline.ts";
import { describeConclusion } from "../../checks/report.ts";
import { verify } from "../../checks/verify.ts";
import { targetOf } from "../../redis/target.ts";
import { accessTo } from "../../rollout/setAccess.ts";
import { defineCommand, exitCodes, stackOption } from "../command.ts";
import { readTime } from "../options.ts";
import { readDeployedSet } from "../stack/deployedSet.ts";

export const command = defineCommand({
  name: "verify",
  summary: "check that a stack works, with the checks that end every `up`",
  usage: `npm run verify -- [--stack NAME] [--deadline TIME] [--json]

Queries every node of a deployed stack. The only change is one test key, which is written and removed again.
Exit code 0: Redis works as planned; 1: a check failed. A failure that is only a warning (marked !), such as that of
Redis Commander, does not change the exit code.

  --stack NAME     the stack (default: dev)
  --deadline TIME  how long failed checks are repeated, such as 500ms, 30s or 2m [${defaultDeadline / 1000}s]
  --json           print only the report, as JSON, on standard output`,
  options: {
    stack: stackOption,
    deadline: { type: "string", default: `${defaultDeadline / 1000}s` },
    json: { type: "boolean", default: false },
  },
  async run({ stack, deadline, json }) {
    const milliseconds = readTime("--deadline", deadline);
    const set = await readDeployedSet(stack);
    const report = await verify(targetOf(set), {
      deadline: milliseconds,
      access: await accessTo(set.topology),
      ...(json ? {} : { progress: (line: string) => console.log(coloured(line)) }),
    });
    console.log(json ? JSON.stringify(report, undefined, 2) : describeConclusion(report));
    return report.passed ? exitCodes.success : exitCodes.failure;
  },
});

/** Colours the mark that starts a line. `styleText` adds no colour if NO_COLOR is set or the output is no terminal. */
function coloured(line: string): string {
  const colour = line.startsWith("✓")
    ? "green"
    : line.startsWith("✗")
      ? "red"
      : line.startsWith("!")
        ? "yellow"
        : undefined;
  return colour === undefined ? line : `${styleText(colour, line.slice(0, 1))}${line.slice(1)}`;
}
