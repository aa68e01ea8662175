import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { SetupError } from "../../../../toolchain/base/setupError.mjs";
import { startDetachedDaemon } from "../../../../toolchain/docker/dockerDaemon.ts";
import { whyUnreachable } from "../../../../toolchain/docker/dockerEndpoint.ts";
import { executable } from "../../../support/unit/executable.ts";
import { ScriptProcess } from "../../../support/unit/scriptProcess.ts";
import { temporaryFolder } from "../../../support/unit/temporaryFolder.ts";

test("startDetachedDaemon waits until the daemon answers, and the daemon outlives the process that started it", async () => {
  const machine = machineWith(answers);
  const starter = new ScriptProcess(
    `import { startDetachedDaemon } from "toolchain/docker/dockerDaemon.ts";
     await startDetachedDaemon("${machine.endpoint}", process.env, "${machine.pidFolder}");`,
    machine.environment,
  );
  expect(await starter.ended()).toEqual({ ending: 0, output: "" });
  expect(await whyUnreachable(machine.endpoint, {})).toBeUndefined();
  expect(readFileSync(machine.log, "utf8")).toBe("listening\n");
});

test("the error about a daemon that exits contains the last lines of its log", async () => {
  const machine = machineWith('echo "level=fatal msg=no iptables"; exit 1');
  const failure = await machine.start().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(SetupError);
  expect((failure as SetupError).message).toBe(
    "the Docker daemon did not start: dockerd ended with exit code 1\n" +
      `  see its log, ${machine.log}\n  level=fatal msg=no iptables`,
  );
});

test("the pid file of a dead daemon is removed, even if another program now has the process id", async () => {
  const machine = machineWith(answers);
  const files = ["docker.pid", "docker/containerd/containerd.pid"].map((name) => join(machine.pidFolder, name));
  mkdirSync(join(machine.pidFolder, "docker/containerd"), { recursive: true });
  writeFileSync(files[0]!, String(process.pid));
  writeFileSync(files[1]!, "4194305");
  await machine.start();
  expect(files.map((file) => existsSync(file))).toEqual([false, false]);
});

test("the pid file of a daemon that is a zombie is removed", async () => {
  const machine = machineWith(answers);
  mkdirSync(machine.pidFolder);
  const file = join(machine.pidFolder, "docker.pid");
  writeFileSync(file, String(await zombie("dockerd")));
  await machine.start();
  expect(existsSync(file)).toBe(false);
});

/** Creates a zombie: a process of the given name that has ended and whose parent does not wait for it. */
async function zombie(name: string): Promise<number> {
  const program = join(temporaryFolder(), name);
  symlinkSync("/bin/cat", program);
  const parent = spawn("sh", ["-c", 'exec 3<&0; "$1" <&3 & echo $!; exec sleep 60', "sh", program], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void parent.kill());
  const [line] = (await once(parent.stdout, "data")) as [Buffer];
  const child = Number(line.toString());
  // A shell could still reap the child. Wait until the parent has become `sleep`.
  await expect.poll(() => readFileSync(`/proc/${parent.pid}/comm`, "utf8")).toBe("sleep\n");
  parent.stdin.end();
  await expect.poll(() => readFileSync(`/proc/${child}/status`, "utf8")).toMatch(/^State:\s*Z/m);
  expect(readFileSync(`/proc/${child}/comm`, "utf8").trim()).toBe(name);
  return child;
}

/** A fake dockerd that answers every request on the socket SOCKET. */
const answers = `exec node -e '
  require("node:http").createServer((_, response) => response.end("OK")).listen(process.env.SOCKET, () => console.log("listening"));
  require("node:fs").writeFileSync(process.env.SOCKET + ".pid", String(process.pid));
'`;

function machineWith(dockerd: string) {
  const folder = temporaryFolder();
  const socket = join(folder, "docker.sock");
  executable(join(folder, "bin/dockerd"), dockerd);
  const environment = {
    PATH: `${folder}/bin:${process.env["PATH"]}`,
    XDG_CACHE_HOME: folder,
    SOCKET: socket,
  };
  const endpoint = `unix://${socket}`;
  const pidFolder = join(folder, "run");
  onTestFinished(() => {
    if (existsSync(`${socket}.pid`)) {
      process.kill(Number(readFileSync(`${socket}.pid`, "utf8")));
    }
  });
  const start = () => startDetachedDaemon(endpoint, environment, pidFolder);
  return { endpoint, environment, pidFolder, start, log: join(folder, "redis-ha/dockerd.log") };
}
