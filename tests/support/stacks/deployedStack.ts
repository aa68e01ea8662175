import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseDeployedSet } from "../../../operations/stack/deployedSet.ts";
import { fileBackend } from "../../../toolchain/pulumi/backend.ts";
import type { DeployedSet } from "../../../topology/outputs.ts";

export const projectRoot = join(import.meta.dirname, "../../..");

export interface CommandResult {
  readonly exitCode: number;
  /** The combined standard output and standard error. */
  readonly output: string;
}

/** The stack configuration by key. Keys without a namespace belong to this program. */
export type Configuration = Readonly<Record<string, unknown>>;

/** The program that `pulumi` runs, and its environment. */
export interface StackArgs {
  /** The folder of the Pulumi program's Pulumi.yaml. @default the project itself */
  readonly program?: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  /** A command prefix that runs `pulumi` elsewhere, such as in another network namespace. @default none */
  readonly entrance?: readonly string[] | undefined;
  /**
   * Names a second state of the same stack, as another clone of the project has it. `dispose` then keeps the set.
   * @default the stack has one state
   */
  readonly clone?: string | undefined;
}

/**
 * A stack of this program on the real engine. Its backend and its configuration are in a temporary folder, so it does
 * not touch the states of this clone or of the user.
 */
export abstract class DeployedStack {
  readonly #stack: string;
  readonly #program: string;
  readonly #folder: string;
  readonly #isClone: boolean;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #entrance: readonly string[];
  readonly #running = new Set<ChildProcess>();
  readonly #transcript: string[] = [];

  protected constructor(stack: string, { program, environment, entrance, clone }: StackArgs) {
    this.#stack = stack;
    this.#program = program ?? projectRoot;
    this.#entrance = entrance ?? [];
    this.#isClone = clone !== undefined;
    this.#folder = join(tmpdir(), ["redis-ha", stack, ...(clone === undefined ? [] : [clone])].join("-"));
    this.#environment = {
      ...environment,
      PULUMI_BACKEND_URL: fileBackend(this.#folder),
      PULUMI_CONFIG_PASSPHRASE: randomBytes(16).toString("hex"),
    };
  }

  /** Removes everything that the stack has created on its target, without the engine. */
  protected abstract removeSet(): Promise<void>;

  /** Creates the stack. Also removes what a killed earlier run with the same name has left. */
  protected async initialise(configuration: Configuration): Promise<void> {
    await this.dispose();
    await mkdir(this.#folder, { mode: 0o700 });
    await copyFile(join(this.#program, "Pulumi.yaml"), join(this.#folder, "Pulumi.yaml"));
    await this.#succeed(["stack", "init", this.#stack, "--no-select"], this.#folder);
    await this.configure(configuration);
  }

  /** Replaces the whole configuration, but keeps the salt of the stack's secrets. */
  async configure(configuration: Configuration): Promise<void> {
    const salt = (await readFile(this.#configFile, "utf8")).match(/^encryptionsalt:.*$/m)?.[0] ?? "";
    const values = Object.entries(configuration).map(([key, value]) => {
      const qualified = key.includes(":") ? key : `redis-ha:${key}`;
      // JSON is YAML.
      return `  ${qualified}: ${JSON.stringify(value)}`;
    });
    await writeFile(this.#configFile, `${salt}\nconfig:\n${values.join("\n")}\n`);
  }

  up(...options: readonly string[]): Promise<CommandResult> {
    return this.upWith({}, ...options);
  }

  /** Runs `up` with some environment variables changed. */
  upWith(environment: NodeJS.ProcessEnv, ...options: readonly string[]): Promise<CommandResult> {
    return this.#onStack("up", ["--yes", "--skip-preview", "--suppress-outputs", ...options], environment);
  }

  /** Fails if `up` would change anything. */
  preview(): Promise<CommandResult> {
    return this.#onStack("preview", ["--expect-no-changes"]);
  }

  /** Compares the target with the state, and fails if they differ. */
  findDrift(): Promise<CommandResult> {
    return this.#onStack("refresh", ["--preview-only", "--expect-no-changes"]);
  }

  down(): Promise<CommandResult> {
    return this.#onStack("destroy", ["--yes", "--skip-preview"]);
  }

  /** Runs a command of this project on the stack, as `npm run` does. */
  async operate(command: string, options: readonly string[], environment: NodeJS.ProcessEnv): Promise<CommandResult> {
    const commandLine = [process.execPath, "toolchain/bootstrap.mjs", command, "--stack", this.#stack, ...options];
    try {
      return await this.#run(commandLine, projectRoot, environment);
    } finally {
      // Pulumi writes there how the stack's secrets are encrypted.
      await rm(join(projectRoot, `Pulumi.${this.#stack}.yaml`), { force: true });
    }
  }

  /** Releases the lock of an update that was killed. */
  async cancel(): Promise<void> {
    await this.#succeed(["cancel", "--yes", "--stack", this.#stack], this.#program);
  }

  /**
   * Kills the running command and all its processes with SIGKILL, as if their machine died, as soon as `when` resolves
   * or matches the output.
   *
   * @returns false if the command had already ended
   */
  async killedAt(command: Promise<CommandResult>, when: RegExp | Promise<unknown>): Promise<boolean> {
    const [child] = this.#running;
    if (child === undefined) {
      throw new Error("no command is running");
    }
    let killed = false;
    const kill = (): void => {
      if (!killed && child.exitCode === null && child.signalCode === null) {
        killed = true;
        killTree(child);
      }
    };
    if (when instanceof RegExp) {
      let output = "";
      child.stdout?.on("data", (text: string) => {
        output += text;
        if (when.test(output)) {
          kill();
        }
      });
    } else {
      void when.then(kill);
    }
    await command;
    return killed;
  }

  /** Interrupts the running update, as Ctrl-C does. */
  interrupt(): void {
    for (const child of this.#running) {
      child.kill("SIGINT");
    }
  }

  /** The outputs without their secrets. */
  outputsForAll(): Promise<string> {
    return this.#succeed(["stack", "output", "--json", "--stack", this.#stack], this.#program);
  }

  /** The outputs with their secrets. */
  async outputs(): Promise<Record<string, unknown>> {
    const command = ["stack", "output", "--json", "--show-secrets", "--stack", this.#stack];
    return JSON.parse(await this.#succeed(command, this.#program)) as Record<string, unknown>;
  }

  async deployedSet(): Promise<DeployedSet> {
    return parseDeployedSet(this.#stack, await this.outputs());
  }

  /** The whole output of `up`, `preview`, `refresh` and `destroy` so far. */
  get transcript(): string {
    return this.#transcript.join("\n");
  }

  /** Every file of the backend (the state, its backups and its history) and the configuration, by its path. */
  async files(): Promise<Readonly<Record<string, string>>> {
    const entries = await readdir(this.#folder, { recursive: true, withFileTypes: true });
    const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    return Object.fromEntries(await Promise.all(paths.map(async (path) => [path, await readFile(path, "utf8")])));
  }

  /** Ends commands that a timed-out test has left running, and removes everything without the engine. */
  async dispose(): Promise<void> {
    const ended = [...this.#running].map((child) => once(child, "close"));
    // At the first signal the engine finishes its current operations. At the second it aborts them.
    this.interrupt();
    this.interrupt();
    await Promise.all(ended);
    if (!this.#isClone) {
      await this.removeSet();
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #configFile(): string {
    return join(this.#folder, `Pulumi.${this.#stack}.yaml`);
  }

  async #onStack(
    command: string,
    options: readonly string[],
    environment: NodeJS.ProcessEnv = {},
  ): Promise<CommandResult> {
    const place = ["--stack", this.#stack, "--config-file", this.#configFile];
    const form = ["--color", "never", "--non-interactive", "--suppress-progress"];
    const result = await this.#pulumi([command, ...options, ...place, ...form], this.#program, environment);
    this.#transcript.push(result.output);
    return result;
  }

  async #succeed(command: readonly string[], directory: string): Promise<string> {
    const { exitCode, output } = await this.#pulumi(command, directory);
    if (exitCode !== 0) {
      throw new Error(`pulumi ${command.join(" ")} failed with exit code ${exitCode}:\n${output}`);
    }
    return output;
  }

  #pulumi(command: readonly string[], directory: string, environment: NodeJS.ProcessEnv = {}): Promise<CommandResult> {
    return this.#run([...this.#entrance, "pulumi", ...command], directory, environment);
  }

  async #run(
    [program = "", ...words]: readonly string[],
    directory: string,
    environment: NodeJS.ProcessEnv,
  ): Promise<CommandResult> {
    const child = spawn(program, words, {
      cwd: directory,
      env: { ...this.#environment, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#running.add(child);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    }
    try {
      const [exitCode] = (await once(child, "close")) as [number | null];
      return { exitCode: exitCode ?? -1, output };
    } finally {
      this.#running.delete(child);
    }
  }
}

/** Kills a process and all its descendants. Plugins of the engine have their own process groups. */
function killTree(root: ChildProcess): void {
  // Stopped first, so that it starts no more processes while its descendants are listed.
  root.kill("SIGSTOP");
  for (const pid of [...descendantsOf(root.pid ?? 0).reverse(), root.pid ?? 0]) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
        throw error;
      }
    }
  }
}

/** The process ids of all descendants, parents before children. */
function descendantsOf(pid: number): number[] {
  const list = execFileSync("ps", ["-e", "-o", "pid=,ppid="], { encoding: "utf8" });
  const rows = list
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const found: number[] = [];
  const add = (parent: number): void => {
    for (const [child = 0, itsParent] of rows) {
      if (itsParent === parent) {
        found.push(child);
        add(child);
      }
    }
  };
  add(pid);
  return found;
}
