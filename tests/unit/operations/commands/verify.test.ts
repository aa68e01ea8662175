import { expect, test } from "vitest";
import { UsageError } from "../../../../operations/command.ts";
import { command } from "../../../../operations/commands/verify.ts";

test.each(["30", "soon", "-1s"])(
  "npm run verify refuses the deadline %s before it reads the stack",
  async (deadline) => {
    await expect(command.run({ stack: "dev", deadline, json: false }, [])).rejects.toThrow(
      new UsageError(`--deadline takes a time with its unit, such as 500ms, 30s or 2m, not ${deadline}`),
    );
  },
);
