import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { temporaryFolder } from "../unit/temporaryFolder.ts";

const root = join(import.meta.dirname, "../../..");

export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/** A copy of the command line in a temporary folder, in which a test can replace the Pulumi program. */
export class Clone {
  readonly folder = temporaryFolder();
  readonly environment: NodeJS.ProcessEnv;

  constructor(environment: NodeJS.ProcessEnv = {}) {
    const rooms = ["toolchain", "operations", "hosts", "checks", "topology"];
    for (const part of [...rooms, "package.json", "package-lock.json"]) {
      cpSync(join(root, part), join(this.folder, part), { recursive: true });
    }
    this.environment = { ...process.env, PULUMI_HOME: join(this.folder, "home"), ...environment };
  }

  /** Creates a clone with this project's npm packages and the given program. Its summary only prints the outputs. */
  static withProgram(program: string): Clone {
    const clone = new Clone();
    symlinkSync(join(root, "node_modules"), join(clone.folder, "node_modules"));
    clone.write("Pulumi.yaml", readFileSync(join(root, "Pulumi.yaml"), "utf8"));
    clone.write("index.ts", program);
    clone.write(
      "operations/stack/summary.ts",
      `import { readStackOutputs } from "./stack.ts";
       export async function printSummary(stack: string, environment: NodeJS.ProcessEnv): Promise<void> {
         console.log("outputs:", JSON.stringify(await readStackOutputs(stack, environment)));
       }`,
    );
    return clone;
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), "utf8");
  }

  /** Starts a command as `npm run` does, in its own process group. */
  start(...commandLine: string[]): ChildProcess {
    const child = spawn(process.execPath, ["toolchain/bootstrap.mjs", ...commandLine], {
      cwd: this.folder,
      env: this.environment,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    onTestFinished(() => void child.kill("SIGTERM"));
    return child;
  }

  run(...commandLine: string[]): Promise<Ran> {
    return finished(this.start(...commandLine));
  }
}

/** Waits until a process ends and returns its output. `onOutput` is called with the output so far. */
export async function finished(child: ChildProcess, onOutput?: (output: string) => void): Promise<Ran> {
  let output = "";
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on("data", (chunk) => {
      output += chunk;
      onOutput?.(output);
    });
  }
  const [code] = await once(child, "close");
  return { code, output };
}
