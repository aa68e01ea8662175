import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { ScriptProcess } from "../../../support/unit/scriptProcess.ts";

test("only one process at a time holds the lock, and a waiting process prints what it waits for", async () => {
  const name = randomUUID();
  const holder = new ScriptProcess(holderScript(name));
  await holder.printed("has it");
  const waiter = new ScriptProcess(waiterScript(name));
  await waiter.printed("waiting for another process: making it");
  expect(waiter.output).not.toContain("has it");
  holder.child.kill("SIGUSR2");
  expect(await holder.ended()).toMatchObject({ ending: 0 });
  expect(await waiter.ended()).toMatchObject({ ending: 0, output: expect.stringContaining("has it") });
});

test("a lock is released if its holder is killed while another process waits for it", async () => {
  const name = randomUUID();
  const holder = new ScriptProcess(holderScript(name));
  await holder.printed("has it");
  const waiter = new ScriptProcess(waiterScript(name));
  await waiter.printed("waiting");
  holder.child.kill("SIGKILL");
  expect(await waiter.ended()).toMatchObject({ ending: 0, output: expect.stringContaining("has it") });
});

test("a lock is released if its holder is killed before another process asks for it", async () => {
  const name = randomUUID();
  const holder = new ScriptProcess(holderScript(name));
  await holder.printed("has it");
  holder.child.kill("SIGKILL");
  await holder.ended();
  expect(await new ScriptProcess(waiterScript(name)).ended()).toMatchObject({ ending: 0 });
});

test("a lock is released if the work of its holder fails", async () => {
  const name = randomUUID();
  const failing = new ScriptProcess(`
    import { withLock } from "toolchain/base/lock.mjs";
    await withLock("${name}", "making it", async () => { throw new Error("work failed"); }).catch((error) => console.log(error.message));
    await withLock("${name}", "making it", async () => console.log("has it"));
  `);
  expect(await failing.ended()).toEqual({ ending: 0, output: "work failed\nhas it\n" });
});

test("a process that waits for a lock can be interrupted", async () => {
  const name = randomUUID();
  const holder = new ScriptProcess(holderScript(name));
  await holder.printed("has it");
  const waiter = new ScriptProcess(waiterScript(name));
  await waiter.printed("waiting");
  waiter.child.kill("SIGINT");
  const { output } = await waiter.ended();
  expect(output).toContain("interrupted by SIGINT");
  expect(output).not.toContain("has it");
});

/** Returns a script that holds the lock until it receives SIGUSR2. */
function holderScript(name: string): string {
  return `
    import { once } from "node:events";
    import { withLock } from "toolchain/base/lock.mjs";
    const alive = setInterval(() => {}, 1000);
    await withLock("${name}", "making it", async () => { const signal = once(process, "SIGUSR2"); console.log("has it"); await signal; });
    clearInterval(alive);
  `;
}

/** Returns a script that waits for the lock. */
function waiterScript(name: string): string {
  return `
    import { withLock } from "toolchain/base/lock.mjs";
    await withLock("${name}", "making it", async () => console.log("has it"));
  `;
}
