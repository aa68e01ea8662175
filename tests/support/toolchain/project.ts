import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withFolderFirst } from "../../../toolchain/base/searchPath.ts";
import { typeScriptOptions } from "../../../toolchain/base/typeScript.mjs";
import { type Platform, prepareEngine } from "../../../toolchain/pulumi/engine.ts";
import { temporaryFolder } from "../unit/temporaryFolder.ts";

const root = join(import.meta.dirname, "../../..");
const nodeArguments = typeScriptOptions.join(" ");

export interface Ran {
  readonly code: number | null;
  /** Standard output and standard error. */
  readonly output: string;
}

/** A Pulumi project with its own folder, home and backend. It runs on the language host of this repository. */
export class Project {
  readonly folder = temporaryFolder();
  readonly environment: NodeJS.ProcessEnv;

  private constructor(engine: NodeJS.ProcessEnv) {
    const home = join(this.folder, "home");
    mkdirSync(join(home, "state"), { recursive: true });
    this.environment = {
      // First on PATH, so that no other installed language host is used.
      ...withFolderFirst(join(root, "toolchain/pulumi/languageHost"), engine),
      PULUMI_HOME: home,
      PULUMI_BACKEND_URL: `file://${home}/state`,
      PULUMI_CONFIG_PASSPHRASE: "for this test",
    };
  }

  /** Writes the project and creates the stack `trial`. */
  static async create(program: string, platforms: readonly Platform[] = ["docker"]): Promise<Project> {
    const project = new Project(await prepareEngine(process.env, platforms));
    symlinkSync(join(root, "node_modules"), join(project.folder, "node_modules"));
    project.write("package.json", '{ "name": "tiny" }');
    project.write(
      "Pulumi.yaml",
      `name: tiny\nmain: index.ts\nruntime:\n  name: nodejs\n  options: { typescript: false, nodeargs: "${nodeArguments}" }\n`,
    );
    project.write("index.ts", program);
    await project.pulumi("stack", "init", "trial");
    return project;
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  up(): Promise<Ran> {
    return this.pulumi("up", "--yes", "--skip-preview", "--stack", "trial");
  }

  start(...pulumiArguments: string[]) {
    return spawn("pulumi", pulumiArguments, {
      cwd: this.folder,
      env: this.environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  async pulumi(...pulumiArguments: string[]): Promise<Ran> {
    const child = this.start(...pulumiArguments);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        output += chunk;
      });
    }
    const [code] = await once(child, "close");
    return { code, output };
  }

  async outputs(): Promise<unknown> {
    const child = this.start("stack", "output", "--json", "--show-secrets", "--stack", "trial");
    return JSON.parse((await child.stdout.toArray()).join(""));
  }
}
