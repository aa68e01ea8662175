import { expect, test } from "vitest";
import { unanswerableQuestion } from "../../../toolchain/consent.mjs";

const question = "the stack prod is changed only after a question, and there is no terminal to ask it in; say --yes";

test.each([["up --stack prod"], ["down --stack prod"], ["up --stack=prod"]])(
  "without a terminal, %s is refused",
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
])("without a terminal, %j goes on to the command", (commandLine) => {
  expect(unanswerableQuestion(commandLine.split(" "), false)).toBeUndefined();
});

test("on a terminal the question can be asked", () => {
  expect(unanswerableQuestion(["up", "--stack", "prod"], true)).toBeUndefined();
});

test("the name of a stack cannot forge a line of the message", () => {
  expect(unanswerableQuestion(["up", "--stack", "prod\nerror: x"], false)?.split("\n")).toHaveLength(1);
});
