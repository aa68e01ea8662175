import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findCommand, listCommands } from "../../../operations/registry.ts";

const operations = join(import.meta.dirname, "../../../operations");

test("every file in operations/commands is a command that can be found by its name", async () => {
  const [forOperators] = await listCommands();
  expect(forOperators?.commands).toHaveLength(readdirSync(join(operations, "commands")).length);
  for (const command of forOperators?.commands ?? []) {
    expect(await findCommand(command.name)).toBe(command);
  }
});

test("every command for developers can be found by its name", async () => {
  const [, forDevelopers] = await listCommands();
  expect(forDevelopers?.commands.map(({ name }) => name)).toContain("bench:failover");
  for (const command of forDevelopers?.commands ?? []) {
    expect(await findCommand(command.name)).toBe(command);
  }
});

test.each(["nonsense", "benchUp", "testCluster", "../main", ""])(
  "the registry finds no command with the name %j",
  async (name) => {
    expect(await findCommand(name)).toBeUndefined();
  },
);
