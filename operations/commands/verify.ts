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
  summary: "check that a stack works: the checks that `up` ends with",
  usage: `npm run verify -- [--stack NAME] [--deadline TIME] [--json]

Asks every node of a stack that is up, and changes nothing. Exit code 0: Redis works as planned; 1: a check failed.
A check whose failure is a warning (marked !), such as that of Redis Commander, leaves the exit code 0.

  --stack NAME     the stack (default: dev)
  --deadline TIME  how long to wait for what may still come true, such as 500ms, 30s, 2m [${defaultDeadline / 1000}s]
  --json           print the report as JSON, and nothing else, on standard output`,
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

/** Only on a terminal and without NO_COLOR, which styleText looks at itself. */
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
