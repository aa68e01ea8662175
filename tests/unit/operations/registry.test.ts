import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findCommand, listCommands } from "../../../operations/registry.ts";

const operations = join(import.meta.dirname, "../../../operations");

test("every file in operations/commands is a command that is found by its name", async () => {
  const [forUsers] = await listCommands();
  expect(forUsers?.commands).toHaveLength(readdirSync(join(operations, "commands")).length);
  for (const command of forUsers?.commands ?? []) {
    expect(await findCommand(command.name)).toBe(command);
  }
});

test("every command for development is found by its name", async () => {
  const [, forDevelopers] = await listCommands();
  expect(forDevelopers?.commands.map(({ name }) => name)).toContain("bench:failover");
  for (const command of forDevelopers?.commands ?? []) {
    expect(await findCommand(command.name)).toBe(command);
  }
});

test.each(["nonsense", "benchUp", "testCluster", "../main", ""])("there is no command %j", async (name) => {
  expect(await findCommand(name)).toBeUndefined();
});
