import type { Row } from "./columns.ts";

/** What a person does next with a stack, wherever it runs. */
export function stackRows(stack: string): readonly Row[] {
  return [
    ["Clients", `the environment of an application: npm run env -- --stack ${stack}`],
    ["Checks", `once more, at any time: npm run verify -- --stack ${stack}`],
  ];
}

/** Who gets into a page, and where its password is read. */
export function loginRow(stack: string, output: "gateway" | "metrics" | "commander", user: string): Row {
  const password = `npm run pulumi -- stack output ${output} --show-secrets --stack ${stack}`;
  return ["", `log in as ${user}; the password: ${password}`];
}
