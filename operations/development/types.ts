import { runInForeground } from "../../toolchain/base/childProcess.mjs";
import { defineCommand } from "../command.ts";
import { projectRoot } from "../stack/workspace.ts";

export const command = defineCommand({
  name: "types",
  summary: "check the types of all sources",
  usage: `npm run types

Runs the TypeScript compiler over the whole project. It writes no files.`,
  options: {},
  async run() {
    return runInForeground("node_modules/.bin/tsc", ["--project", "."], { directory: projectRoot });
  },
});
