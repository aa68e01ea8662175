import { expect, test } from "vitest";
import { unanswerableQuestion } from "../../../toolchain/consent.mjs";

const question = "changing the stack prod needs a confirmation, and there is no terminal to ask for it; pass --yes";

test.each([["up --stack prod"], ["down --stack prod"], ["up --stack=prod"]])(
  "`%s` is refused without a terminal, since it needs a confirmation",
  (commandLine) => {
    expect(unanswerableQuestion(commandLine.split(" "), false)).toBe(question);
  },
);

test.each([
  ["up --stack prod --yes"],
  ["down --yes --stack=prod"],
  ["up"],
  ["down --stack dev"],
  ["up --stack prod --help"],
  ["preview --stack prod"],
  ["pulumi up --stack prod"],
  ["up --unknown --stack"],
  [""],
])("the command line %j is accepted without a terminal", (commandLine) => {
  expect(unanswerableQuestion(commandLine.split(" "), false)).toBeUndefined();
});

test("a command that needs a confirmation is accepted on a terminal", () => {
  expect(unanswerableQuestion(["up", "--stack", "prod"], true)).toBeUndefined();
});

test("a stack's name with a line break adds no line to the message", () => {
  expect(unanswerableQuestion(["up", "--stack", "prod\nerror: x"], false)?.split("\n")).toHaveLength(1);
});
