import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import grpc from "@grpc/grpc-js";
import services, { type ILanguageRuntimeServer } from "@pulumi/pulumi/proto/language_grpc_pb.js";
import messages, { type RunRequest, type RunResponse } from "@pulumi/pulumi/proto/language_pb.js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import { version } from "@pulumi/pulumi/version.js";

/**
 * A language host: the process that Pulumi's engine starts to run a program written for Node. Pulumi's installer
 * contains one, but Pulumi's Go module does not. This language host is used with a Pulumi that was built from the
 * module.
 *
 * The engine passes its own address as the last argument. It reads the port of this server from the first line of
 * standard output, and shows the following lines as the output of the program. It keeps standard input open as long as
 * it runs.
 */
const engineAddress = process.argv.at(-1) ?? "";

const programs = new Set<ChildProcess>();

const languageHost: Pick<ILanguageRuntimeServer, "handshake" | "getPluginInfo" | "getRequiredPackages" | "run"> = {
  handshake: (_call, respond) => respond(null, new messages.LanguageHandshakeResponse()),
  getPluginInfo: (_call, respond) => respond(null, new plugin.PluginInfo().setVersion(version)),
  // The answer lists no plugins. The engine then looks for a plugin when the first resource needs it.
  getRequiredPackages: (_call, respond) => respond(null, new messages.GetRequiredPackagesResponse()),
  run: (call, respond) => {
    const program = startProgram(call.request);
    programs.add(program);
    call.on("cancelled", () => program.kill());
    program.once("error", (error) => respond(null, failed(`cannot start the program: ${error.message}`)));
    program.once("exit", (code, signal) => {
      programs.delete(program);
      respond(null, describeEnd(code, signal));
    });
  },
};

const server = new grpc.Server();
server.addService(services.LanguageRuntimeService, languageHost);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) {
    throw error;
  }
  console.log(port);
});
process.stdin.resume().once("end", () => {
  for (const program of programs) {
    program.kill();
  }
  process.exit();
});

/** Starts the SDK's runner with Node, as Pulumi's own language host does. */
function startProgram(request: RunRequest): ChildProcess {
  const info = request.getInfo();
  const directory = info?.getProgramDirectory() ?? request.getPwd();
  const options = info?.getOptions()?.toJavaScript() ?? {};
  const runner = createRequire(join(directory, "program.js")).resolve("@pulumi/pulumi/cmd/run");
  const nodeArguments = splitWords(String(options["nodeargs"] ?? ""));
  return spawn(process.execPath, [...nodeArguments, runner, ...runnerArguments(request)], {
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      ...process.env,
      PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toArray())),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
      PULUMI_NODEJS_TYPESCRIPT: String(options["typescript"] ?? true),
      ...(options["tsconfig"] === undefined ? {} : { PULUMI_NODEJS_TSCONFIG_PATH: String(options["tsconfig"]) }),
    },
  });
}

function runnerArguments(request: RunRequest): string[] {
  const values: Record<string, string | undefined> = {
    monitor: request.getMonitorAddress(),
    engine: engineAddress,
    organization: request.getOrganization(),
    project: request.getProject(),
    stack: request.getStack(),
    pwd: request.getPwd(),
    "root-directory": request.getInfo()?.getRootDirectory(),
    parallel: String(request.getParallel()),
  };
  const given = Object.entries(values).flatMap(([name, value]) => (value ? [`--${name}`, value] : []));
  const preview = request.getDryrun() ? ["--dry-run"] : [];
  const entryPoint = request.getInfo()?.getEntryPoint() || ".";
  return [...given, ...preview, entryPoint, ...request.getArgsList()];
}

/** Splits a line into words, with the quotes of a shell. */
function splitWords(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

/** The exit code of the SDK's runner after an error that it has already shown to the user. */
const errorWasShown = 32;

function describeEnd(code: number | null, signal: NodeJS.Signals | null): RunResponse {
  if (code === 0) {
    return new messages.RunResponse();
  }
  if (code === errorWasShown) {
    return new messages.RunResponse().setBail(true);
  }
  return failed(signal ? `the program was ended by ${signal}` : `the program ended with exit code ${code}`);
}

function failed(reason: string): RunResponse {
  return new messages.RunResponse().setError(reason);
}
