import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { ScriptProcess } from "../../../support/unit/scriptProcess.ts";

test("only one process at a time has the lock, and who waits says for what", async () => {
  const name = randomUUID();
  const holder = new ScriptProcess(holds(name));
  await holder.printed("has it");
  const waiter = new ScriptProcess(takes(name));
  await waiter.printed("waiting for another process: making it");
  expect(waiter.output).not.toContain("has it");
  holder.child.kill("SIGUSR2");
  expect(await holder.ended()).toMatchObject({ ending: 0 });
  expect(await waiter.ended()).toMatchObject({ ending: 0, output: expect.stringContaining("has it") });
});

test("a holder that was killed while others waited blocks no other process", async () => {
  const name = randomUUID();
  const holder = new ScriptProcess(holds(name));
  await holder.printed("has it");
  const waiter = new ScriptProcess(takes(name));
  await waiter.printed("waiting");
  holder.child.kill("SIGKILL");
  expect(await waiter.ended()).toMatchObject({ ending: 0, output: expect.stringContaining("has it") });
});

test("a holder that was killed before another process waited blocks no other process", async () => {
  const name = randomUUID();
  const holder = new ScriptProcess(holds(name));
  await holder.printed("has it");
  holder.child.kill("SIGKILL");
  await holder.ended();
  expect(await new ScriptProcess(takes(name)).ended()).toMatchObject({ ending: 0 });
});

test("the lock is given back when the work fails", async () => {
  const name = randomUUID();
  const failing = new ScriptProcess(`
    import { withLock } from "toolchain/base/lock.mjs";
    await withLock("${name}", "making it", async () => { throw new Error("work failed"); }).catch((error) => console.log(error.message));
    await withLock("${name}", "making it", async () => console.log("has it"));
  `);
  expect(await failing.ended()).toEqual({ ending: 0, output: "work failed\nhas it\n" });
});

test("who waits can be interrupted", async () => {
  const name = randomUUID();
  const holder = new ScriptProcess(holds(name));
  await holder.printed("has it");
  const waiter = new ScriptProcess(takes(name));
  await waiter.printed("waiting");
  waiter.child.kill("SIGINT");
  const { output } = await waiter.ended();
  expect(output).toContain("interrupted by SIGINT");
  expect(output).not.toContain("has it");
});

/** Keeps the lock until SIGUSR2. */
function holds(name: string): string {
  return `
    import { once } from "node:events";
    import { withLock } from "toolchain/base/lock.mjs";
    const alive = setInterval(() => {}, 1000);
    await withLock("${name}", "making it", async () => { const signal = once(process, "SIGUSR2"); console.log("has it"); await signal; });
    clearInterval(alive);
  `;
}

function takes(name: string): string {
  return `
    import { withLock } from "toolchain/base/lock.mjs";
    await withLock("${name}", "making it", async () => console.log("has it"));
  `;
}
