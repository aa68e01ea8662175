import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { prepareDocker } from "../../toolchain/docker.ts";
import { prepareEngine } from "../../toolchain/engine.ts";

export const projectRoot = join(import.meta.dirname, "../..");

export interface CommandResult {
  readonly exitCode: number;
  /** Standard output and standard error together. */
  readonly output: string;
}

/** Keys of the stack configuration without their namespace; an object stands for its JSON. */
export type Configuration = Readonly<Record<string, unknown>>;

/**
 * A stack of this program on the real engine and the real Docker daemon, with a backend and a configuration of its
 * own in a temporary folder: nothing of the clone or of the user is touched.
 */
export class Deployment {
  readonly stack: string;
  private readonly program: string;
  private readonly folder: string;
  private readonly environment: NodeJS.ProcessEnv;

  private constructor(stack: string, program: string, folder: string, environment: NodeJS.ProcessEnv) {
    this.stack = stack;
    this.program = program;
    this.folder = folder;
    this.environment = environment;
  }

  /** @param program the folder of the Pulumi program's Pulumi.yaml */
  static async create(stack: string, configuration: Configuration, program = projectRoot): Promise<Deployment> {
    const folder = await mkdtemp(join(tmpdir(), `redis-ha-${stack}-`));
    const environment = {
      ...(await prepareDocker(await prepareEngine(process.env))),
      PULUMI_BACKEND_URL: pathToFileURL(folder).href,
      PULUMI_CONFIG_PASSPHRASE: randomBytes(16).toString("hex"),
    };
    const deployment = new Deployment(stack, program, folder, environment);
    await copyFile(join(program, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
    await deployment.succeed(["stack", "init", stack, "--no-select"], folder);
    await deployment.configure(configuration);
    return deployment;
  }

  /** Replaces the whole configuration; the salt of the stack's secrets stays. */
  async configure(configuration: Configuration): Promise<void> {
    const salt = (await readFile(this.configFile, "utf8")).match(/^encryptionsalt:.*$/m)?.[0] ?? "";
    const values = Object.entries(configuration).map(([key, value]) => `  redis-ha:${key}: ${JSON.stringify(value)}`);
    await writeFile(this.configFile, `${salt}\nconfig:\n${values.join("\n")}\n`);
  }

  up(...options: readonly string[]): Promise<CommandResult> {
    return this.onStack(["up", "--yes", "--skip-preview", "--suppress-outputs", ...options]);
  }

  preview(...options: readonly string[]): Promise<CommandResult> {
    return this.onStack(["preview", ...options]);
  }

  refresh(...options: readonly string[]): Promise<CommandResult> {
    return this.onStack(["refresh", "--yes", "--skip-preview", ...options]);
  }

  down(): Promise<CommandResult> {
    return this.onStack(["destroy", "--yes", "--skip-preview"]);
  }

  async outputs(): Promise<Record<string, unknown>> {
    const text = await this.succeed(["stack", "output", "--json", "--show-secrets", "--stack", this.stack], this.program);
    return JSON.parse(text) as Record<string, unknown>;
  }

  /** The state as the backend keeps it, secrets encrypted. */
  async state(): Promise<string> {
    return readFile(join(this.folder, ".pulumi", "stacks", "redis-ha", `${this.stack}.json`), "utf8");
  }

  /** Takes down what is up and forgets everything. */
  async dispose(): Promise<void> {
    await this.down();
    await rm(this.folder, { recursive: true, force: true });
  }

  private get configFile(): string {
    return join(this.folder, `Pulumi.${this.stack}.yaml`);
  }

  private onStack(command: readonly string[]): Promise<CommandResult> {
    const options = ["--stack", this.stack, "--config-file", this.configFile, "--color", "never", "--non-interactive"];
    return this.run([...command, ...options], this.program);
  }

  private async succeed(command: readonly string[], directory: string): Promise<string> {
    const { exitCode, output } = await this.run(command, directory);
    if (exitCode !== 0) {
      throw new Error(`pulumi ${command.join(" ")} failed with exit code ${exitCode}:\n${output}`);
    }
    return output;
  }

  private run(command: readonly string[], directory: string): Promise<CommandResult> {
    return new Promise((resolve, reject) => {
      const child = spawn("pulumi", command, {
        cwd: directory,
        env: this.environment,
        stdio: ["ignore", "pipe", "pipe"],
      });
      let output = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (chunk) => {
          output += chunk;
        });
      }
      child.once("error", reject);
      child.once("close", (code) => resolve({ exitCode: code ?? -1, output }));
    });
  }
}
