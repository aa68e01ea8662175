import { execFile, spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import Docker from "dockerode";
import { beforeAll, describe, expect, test } from "vitest";
import { gatewayFiles, gatewaySecretFiles } from "../../configs/haproxy.ts";
import { ensureImage, ensureLocalImage, ImageBuildError } from "../../images/build.ts";
import { imageFor } from "../../images/catalog.ts";
import { localRecipes, type Recipe, tools } from "../../images/recipes.ts";
import { debianImage, obstacleOnThisMachine, treeInContainer, treeOnThisMachine } from "../../images/tree.ts";
import { plan } from "../../topology/plan.ts";
import { validateSettings } from "../../topology/settings/settings.ts";
import type { GatewayPlan, ImagePart } from "../../topology/topology.ts";
import { describeWithDocker } from "../support/docker/daemon.ts";

const docker = new Docker();
const parts: readonly ImagePart[] = ["redis", "gateway", "exporter", "commander"];

describeWithDocker("local images", tests);

function tests(): void {
  beforeAll(async () => {
    await Promise.all(parts.map((part) => ensureLocalImage(part, { docker, progress: console.log })));
  }, 300_000);

  describe.each(parts)("the local image of %s", (part) => {
    const { reference, user } = imageFor(part, "local");
    const { account, owned } = localRecipes[part];

    test("is not built again while its recipe is the same", async () => {
      const before = await docker.getImage(reference).inspect();
      const lines: string[] = [];
      const started = performance.now();
      await ensureLocalImage(part, { docker, progress: (line) => lines.push(line) });
      expect(performance.now() - started).toBeLessThan(500);
      expect(lines).toEqual([]);
      expect((await docker.getImage(reference).inspect()).Id).toBe(before.Id);
    });

    test("runs as a numeric user other than root by default", async () => {
      const { Config: config } = await docker.getImage(reference).inspect();
      expect(config.User).toBe(user);
      expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    });

    test("contains no program that builds, installs or gains root rights", async () => {
      const files = await filesOfImage(reference);
      const names = files.map((file) => file.path.split("/").at(-1));
      expect(
        names.filter((name) =>
          /^(apt|apt-get|dpkg|dpkg-deb|gcc|cc|make|perl|python3?|npm|bash|su|login)$/.test(name ?? ""),
        ),
      ).toEqual([]);
      expect(files.filter((file) => /s/i.test(file.mode.slice(1)))).toEqual([]);
    });

    test("belongs to root, except for the files that its process writes", async () => {
      const files = await filesOfImage(reference);
      const foreign = files.filter((file) => file.owner !== "0/0").map((file) => `${file.path} ${file.owner}`);
      expect(foreign).toEqual(owned === undefined ? [] : [`${owned} ${account.uid}/${account.gid}`]);
      const writable = files.filter((file) => !file.mode.startsWith("l") && /^.(....w|.......w)/.test(file.mode));
      expect(writable.map((file) => file.path)).toEqual(["/tmp"]);
    });
  });

  test("Redis runs as an unprivileged user on a read-only root, and owns a new volume on /data", async () => {
    await inContainer("redis", ["redis-server", "--dir", "/data", "--appendonly", "yes"], async (container) => {
      await expectToAnswer(container, ["redis-cli", "set", "key", "value"], "OK");
      expect(await output(container, ["stat", "-c", "%u:%g", "/data", "/data/appendonlydir"])).toBe(
        "999:1000\n999:1000",
      );
      expect(await output(container, ["sh", "-c", "id -u; grep -E 'CapEff|NoNewPrivs' /proc/1/status"])).toMatch(
        /^999\nCapEff:\s+0+\nNoNewPrivs:\s+1$/,
      );
    });
  });

  test("a Sentinel starts from a file in /data", async () => {
    const script = 'printf "port 26379\\n" >/data/sentinel.conf; exec redis-sentinel /data/sentinel.conf';
    await inContainer("redis", ["sh", "-c", script], (container) =>
      expectToAnswer(container, ["redis-cli", "-p", "26379", "info", "sentinel"], /sentinel_masters:0/),
    );
  });

  test("busybox provides every tool that the recipes list", async () => {
    await inContainer("redis", ["sleep", "60"], async (container) => {
      const missing = 'for tool in "$@"; do command -v "$tool" >/dev/null || echo "$tool"; done';
      expect(await output(container, ["sh", "-c", missing, "sh", ...tools])).toBe("");
    });
  });

  test("the exporter starts from the path of the official image", async () => {
    await inContainer("exporter", ["/redis_exporter", "--redis.addr="], (container) =>
      expectToAnswer(container, ["wget", "-q", "-O", "-", "http://127.0.0.1:9121/health"], "ok"),
    );
  });

  test("HAProxy starts by the name of the official image with a rendered configuration, and its probe runs", async () => {
    const { topology } = plan(validateSettings({ size: "dev" }));
    const [gateway] = topology.gateways as [GatewayPlan];
    const paths = { configuration: "/tmp", secrets: "/tmp", data: "/tmp" };
    const { files, command, probe } = gatewayFiles(topology, gateway, paths);
    const secrets = gatewaySecretFiles(gateway, "correct-horse-battery", "look-but-do-not-touch", paths);
    const [configuration = "", passwords = ""] = [...Object.values(files), ...Object.values(secrets)];
    const start = 'printf %s "$1" >/tmp/haproxy.cfg; printf %s "$2" >/tmp/haproxy-secrets.cfg; shift 2; exec "$@"';
    await inContainer("gateway", ["sh", "-c", start, "sh", configuration, passwords, ...command], (container) =>
      // Without a set the gateway is unhealthy, and its probe reports that.
      expectToAnswer(container, probe, /503 Service Unavailable/),
    );
  });

  test("Redis Commander starts from the path of the official image, reads a file and requires a login", async () => {
    const settings = { noSave: true, server: { httpAuth: { username: "admin", password: "right" } } };
    const start = 'printf %s "$1" >/tmp/production.json; exec node /redis-commander/bin/redis-commander.js';
    const fetch = (path: string, ...options: readonly string[]) => [
      "sh",
      "-c",
      'wget -q -O - "$@" 2>&1',
      "wget",
      ...options,
      `http://127.0.0.1:8081${path}`,
    ];
    await inContainer(
      "commander",
      ["sh", "-c", start, "sh", JSON.stringify(settings)],
      async (container) => {
        await expectToAnswer(container, fetch("/connections"), /401 Unauthorized/);
        const wrong = fetch("/signin", "--post-data", "username=admin&password=wrong");
        expect(await output(container, wrong)).toBe('{"ok":false}');
        const right = fetch("/signin", "--post-data", "username=admin&password=right");
        expect(await output(container, right)).toMatch(/^{"ok":true,"bearerToken":/);
      },
      ["NODE_ENV=production", "NODE_CONFIG_DIR=/redis-commander/config:/tmp"],
    );
  });

  describe("a build", () => {
    const recipe: Recipe = { ...localRecipes.exporter, version: "build-test" };

    test.for([
      { how: "that start together", builders: () => [docker, docker, docker] },
      {
        how: "that find it missing at the same moment",
        builders: (reference: string) => findingItMissingTogether(3, reference),
      },
    ])("gives the same image to three builders $how, and leaves no other image", async ({ builders }) => {
      const reference = "redis-ha/exporter:three-at-once";
      const before = await ownImages();
      try {
        const options = { progress: () => undefined };
        await Promise.all(
          builders(reference).map((builder) => ensureImage(reference, recipe, { ...options, docker: builder })),
        );
        const { Id, RepoTags } = await docker.getImage(reference).inspect();
        expect(RepoTags).toEqual([reference]);
        expect((await ownImages()).filter((image) => !before.includes(image))).toEqual([Id]);
      } finally {
        await docker.getImage(reference).remove();
      }
    });

    test("reports why it starts, and at its end the duration and the size", async () => {
      const reference = "redis-ha/exporter:progress";
      const lines: string[] = [];
      try {
        await ensureImage(reference, recipe, { docker, progress: (line) => lines.push(line) });
      } finally {
        await docker.getImage(reference).remove();
      }
      expect(lines).toHaveLength(2);
      expect(lines[0]).toBe(
        "building redis-ha/exporter:progress from Debian packages: this Docker engine does not have it yet",
      );
      expect(lines.at(-1)).toMatch(/^built redis-ha\/exporter:progress in \d+\.\d s, \d+ MB$/);
    });

    test("reports the reason of a failure, and then leaves neither an image nor a temporary folder", async () => {
      const reference = "redis-ha/exporter:failing";
      const impossible: Recipe = { ...recipe, packages: ["no-such-package"] };
      const failure = await ensureImage(reference, impossible, { docker, progress: () => undefined }).catch(
        (error) => error,
      );
      expect(failure).toBeInstanceOf(ImageBuildError);
      expect(failure.reference).toBe(reference);
      expect(failure.reason).toContain("Unable to locate package no-such-package");
      await expect(docker.getImage(reference).inspect()).rejects.toMatchObject({ statusCode: 404 });
      expect(await temporaryFolders()).toEqual([]);
    });

    test("removes its temporary folder if its tar is not read to the end", async () => {
      const tree = treeOnThisMachine(recipe);
      await new Promise((resolve) => tree.once("readable", resolve));
      tree.destroy();
      await expect.poll(temporaryFolders, { timeout: 30_000 }).toEqual([]);
    });

    test("makes the same files in a Debian container as on this machine", async (context) => {
      if ((await obstacleOnThisMachine(docker)) !== undefined) {
        context.skip("this machine cannot build, so there is nothing to compare with");
      }
      await withDebianImage(async () => {
        const there = await treeInContainer(docker, recipe, filesOfTar);
        const here = await filesOfTar(treeOnThisMachine(recipe));
        expect(there).toEqual(here);
      });
    });
  });
}

interface File {
  readonly mode: string;
  readonly owner: string;
  readonly path: string;
}

/** The files of a tar by path, with mode and numeric owner. */
async function filesOfTar(tar: Readable): Promise<readonly File[]> {
  const child = spawn("tar", ["--list", "--verbose", "--numeric-owner", "--file", "-"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  tar.pipe(child.stdin);
  const listing = (await text(child.stdout)).trim().split("\n");
  return listing
    .map((line) => line.split(/\s+/))
    .map(([mode = "", owner = "", _size, _day, _time, path = ""]) => ({
      mode,
      owner,
      path: `/${path.replace(/^\.?\//, "").replace(/\/$/, "")}`,
    }))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** The files of the image itself, without those that Docker adds to a container. */
async function filesOfImage(reference: string): Promise<readonly File[]> {
  const container = await docker.createContainer({ Image: reference, Cmd: ["true"] });
  try {
    const files = await filesOfTar((await container.export()) as Readable);
    return files.filter((file) => !/^\/(dev|proc|sys|\.dockerenv)(\/|$)/.test(file.path));
  } finally {
    await container.remove({ force: true });
  }
}

/** Runs a container as the Docker host does: without privileges, on a read-only root. */
async function inContainer(
  part: ImagePart,
  command: readonly string[],
  use: (container: Docker.Container) => Promise<unknown>,
  environment: readonly string[] = [],
): Promise<void> {
  const container = await docker.createContainer({
    Image: imageFor(part, "local").reference,
    Cmd: [...command],
    Env: [...environment],
    HostConfig: {
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      ReadonlyRootfs: true,
      Tmpfs: { "/tmp": "" },
      Mounts: part === "redis" ? [{ Type: "volume", Source: "", Target: "/data" }] : [],
    },
  });
  try {
    await container.start();
    await use(container);
  } finally {
    await container.remove({ force: true, v: true });
  }
}

/** Repeats a command until its output matches. After ten seconds the test fails with the last output. */
async function expectToAnswer(
  container: Docker.Container,
  command: readonly string[],
  wanted: string | RegExp,
): Promise<void> {
  const matching =
    typeof wanted === "string" ? expect.stringMatching(new RegExp(`^${wanted}$`)) : expect.stringMatching(wanted);
  await expect.poll(() => output(container, command), { timeout: 10_000, interval: 100 }).toEqual(matching);
}

async function output(container: Docker.Container, command: readonly string[]): Promise<string> {
  const execution = await container.exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true, Tty: true });
  const written = await text(await execution.start({ Tty: true }));
  return written.replaceAll("\r", "").trim();
}

/** Docker clients of which none continues without the image before all have found that it is missing. */
function findingItMissingTogether(count: number, reference: string): readonly Docker[] {
  let waiting: (() => void)[] = [];
  const waitForAll = () =>
    new Promise<void>((resolve) => {
      waiting.push(resolve);
      if (waiting.length === count) {
        for (const resume of waiting) {
          resume();
        }
        waiting = [];
      }
    });
  const getImage = (name: string) => {
    const image = docker.getImage(name);
    const inspect = () =>
      docker
        .getImage(name)
        .inspect()
        .catch(async (error: unknown) => {
          await waitForAll();
          throw error;
        });
    return name === reference ? Object.assign(image, { inspect }) : image;
  };
  return Array.from({ length: count }, () => Object.assign(Object.create(docker) as Docker, { getImage }));
}

async function ownImages(): Promise<readonly string[]> {
  const images = await docker.listImages({ filters: { label: ["redis-ha.recipe"] } });
  return images.map((image) => image.Id).sort();
}

async function temporaryFolders(): Promise<readonly string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith("redis-ha-image."));
}

/** Provides Debian's image. If it is missing, it is built for the test and removed afterwards. */
async function withDebianImage(use: () => Promise<void>): Promise<void> {
  const present = (await docker.listImages({ filters: { reference: [debianImage] } })).length > 0;
  if (!present) {
    const build = `mmdebstrap --quiet --variant=apt trixie - | docker import - ${debianImage}`;
    await promisify(execFile)("sh", ["-c", build]);
  }
  try {
    await use();
  } finally {
    if (!present) {
      await docker.getImage(debianImage).remove();
    }
  }
}
