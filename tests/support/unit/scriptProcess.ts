import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { typeScriptOptions } from "../../../toolchain/base/typeScript.mjs";
import { temporaryFolder } from "./temporaryFolder.ts";

const toolchain = join(import.meta.dirname, "../../../toolchain");

/** A separate process that runs the text of a module. `toolchain/...` in its imports is this project's folder. */
export class ScriptProcess {
  readonly child: ChildProcess;
  output = "";
  readonly #ended: Promise<number | string>;

  constructor(text: string, environment: NodeJS.ProcessEnv = {}) {
    const file = join(temporaryFolder(), "script.mjs");
    writeFileSync(file, text.replaceAll('"toolchain/', `"${toolchain}/`));
    this.child = spawn(process.execPath, [...typeScriptOptions, file], {
      cwd: toolchain,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.on("data", (chunk) => {
        this.output += chunk;
      });
    }
    this.#ended = once(this.child, "close").then(([code, signal]) => code ?? signal);
    onTestFinished(() => void this.child.kill("SIGKILL"));
  }

  /** Waits until the process has printed a text. */
  async printed(text: string): Promise<void> {
    while (!this.output.includes(text)) {
      await Promise.race([once(this.child.stdout!, "data"), once(this.child.stderr!, "data"), this.#failIfEnded(text)]);
    }
  }

  /** Waits until the process has ended. */
  async ended(): Promise<{ ending: number | string; output: string }> {
    return { ending: await this.#ended, output: this.output };
  }

  async #failIfEnded(text: string): Promise<never> {
    const ending = await this.#ended;
    throw new Error(`ended with ${ending} and never printed ${text}, but:\n${this.output}`);
  }
}
