import { describe, expect, test } from "vitest";
import { ProgramFailedError, runQuietly } from "../../../../toolchain/base/childProcess.mjs";
import { ScriptProcess } from "../../../support/unit/scriptProcess.ts";

describe("runQuietly", () => {
  test("returns the standard output of the program", async () => {
    expect(await runQuietly("sh", ["-c", "echo out; echo err >&2"])).toBe("out\n");
  });

  test("runs the program in the given environment and folder", async () => {
    const environment = { PATH: process.env["PATH"], COLOUR: "red" };
    expect(await runQuietly("sh", ["-c", "echo $COLOUR; pwd"], { directory: "/usr", environment })).toBe("red\n/usr\n");
  });

  test("throws an error with the whole output and the exit code if the program fails", async () => {
    const failure = await failureOf(runQuietly("sh", ["-c", "echo out; echo err >&2; exit 3"]));
    expect(failure.message).toBe("`sh -c echo out; echo err >&2; exit 3` failed with exit code 3:\nout\nerr");
    expect(failure).toMatchObject({ exitCode: 3, output: "out\nerr\n" });
  });

  test("throws an error with the program's name if the program does not exist", async () => {
    const failure = await failureOf(runQuietly("no-such-program", []));
    expect(failure.message).toBe("`no-such-program` cannot be started (spawn no-such-program ENOENT)");
  });

  test("ends a program that exceeds the timeout", async () => {
    const failure = await failureOf(runQuietly("sleep", ["60"], { timeout: 100 }));
    expect(failure.message).toBe("`sleep 60` was stopped after 0.1 s");
  });
});

describe("runInForeground", () => {
  test("returns the exit code of the program", async () => {
    const { output } = await foreground("exit 7").ended();
    expect(output).toBe("code 7\n");
  });

  test("returns the same exit code as a shell for a program that was killed", async () => {
    const { output } = await foreground("kill -KILL $$").ended();
    expect(output).toBe("code 137\n");
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("forwards only the first %s to the program and waits until it has cleaned up", async (signal, code) => {
    const program = foreground(`
      trap 'echo caught' ${signal.slice(3)}
      echo ready
      until [ -n "$done" ]; do sleep 0.3 & wait $! && done=yes; done
      echo tidied up`);
    await program.printed("ready");
    program.child.kill(signal);
    await program.printed("caught");
    program.child.kill(signal);
    const { output } = await program.ended();
    expect(output).toBe(`ready\ncaught\ntidied up\ninterrupted by ${signal}, exit code ${code}\n`);
  });
});

async function failureOf(work: Promise<unknown>): Promise<ProgramFailedError> {
  const failure = await work.catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ProgramFailedError);
  return failure as ProgramFailedError;
}

/** A process that runs a shell script in the foreground and prints its exit code or its error. */
function foreground(script: string): ScriptProcess {
  return new ScriptProcess(`
    import { runInForeground } from "toolchain/base/childProcess.mjs";
    await runInForeground("sh", ["-c", ${JSON.stringify(script)}]).then(
      (code) => console.log("code", code),
      (error) => console.log(error.message + ", exit code", error.exitCode),
    );
  `);
}
