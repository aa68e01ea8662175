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
import { RECIPES, type Recipe, TOOLS } from "../../images/recipes.ts";
import { DEBIAN_IMAGE, obstacleOnThisMachine, treeInContainer, treeOnThisMachine } from "../../images/tree.ts";
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
    const { account, owned } = RECIPES[part];

    test("is not built again while its recipe is the same", async () => {
      const before = await docker.getImage(reference).inspect();
      const lines: string[] = [];
      const started = performance.now();
      await ensureLocalImage(part, { docker, progress: (line) => lines.push(line) });
      expect(performance.now() - started).toBeLessThan(500);
      expect(lines).toEqual([]);
      expect((await docker.getImage(reference).inspect()).Id).toBe(before.Id);
    });

    test("runs as a numeric user that is not root, by default too", async () => {
      const { Config: config } = await docker.getImage(reference).inspect();
      expect(config.User).toBe(user);
      expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    });

    test("has nothing in it to build, install or become root with", async () => {
      const files = await filesOfImage(reference);
      const names = files.map((file) => file.path.split("/").at(-1));
      expect(
        names.filter((name) =>
          /^(apt|apt-get|dpkg|dpkg-deb|gcc|cc|make|perl|python3?|npm|bash|su|login)$/.test(name ?? ""),
        ),
      ).toEqual([]);
      expect(files.filter((file) => /s/i.test(file.mode.slice(1)))).toEqual([]);
    });

    test("belongs to root, except what the process writes", async () => {
      const files = await filesOfImage(reference);
      const foreign = files.filter((file) => file.owner !== "0/0").map((file) => `${file.path} ${file.owner}`);
      expect(foreign).toEqual(owned === undefined ? [] : [`${owned} ${account.uid}/${account.gid}`]);
      const writable = files.filter((file) => !file.mode.startsWith("l") && /^.(....w|.......w)/.test(file.mode));
      expect(writable.map((file) => file.path)).toEqual(["/tmp"]);
    });
  });

  test("a new volume on /data belongs to Redis, and Redis serves as an unprivileged user on a read-only root", async () => {
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

  test("busybox answers for every tool the recipes promise", async () => {
    await inContainer("redis", ["sleep", "60"], async (container) => {
      const missing = 'for tool in "$@"; do command -v "$tool" >/dev/null || echo "$tool"; done';
      expect(await output(container, ["sh", "-c", missing, "sh", ...TOOLS])).toBe("");
    });
  });

  test("the exporter starts by the path it has in the official image", async () => {
    await inContainer("exporter", ["/redis_exporter", "--redis.addr="], (container) =>
      expectToAnswer(container, ["wget", "-q", "-O", "-", "http://127.0.0.1:9121/health"], "ok"),
    );
  });

  test("HAProxy starts by its name, as in the official image, with a configuration of ours, and its probe runs", async () => {
    const { topology } = plan(validateSettings({ size: "dev" }));
    const [gateway] = topology.gateways as [GatewayPlan];
    const paths = { configuration: "/tmp", secrets: "/tmp", data: "/tmp" };
    const { files, command, probe } = gatewayFiles(topology, gateway, paths);
    const secrets = gatewaySecretFiles(gateway, "correct-horse-battery", "look-but-do-not-touch", paths);
    const [configuration = "", passwords = ""] = [...Object.values(files), ...Object.values(secrets)];
    const start = 'printf %s "$1" >/tmp/haproxy.cfg; printf %s "$2" >/tmp/haproxy-secrets.cfg; shift 2; exec "$@"';
    await inContainer("gateway", ["sh", "-c", start, "sh", configuration, passwords, ...command], (container) =>
      // There is no set: unwell, and able to say so.
      expectToAnswer(container, probe, /503 Service Unavailable/),
    );
  });

  test("Commander starts by the path it has in the official image, configured by a file, and asks for a login", async () => {
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
    const recipe: Recipe = { ...RECIPES.exporter, version: "build-test" };

    test.for([
      { how: "at once", builders: () => [docker, docker, docker] },
      { how: "that look for it at the same moment", builders: (reference: string) => lookingTogether(3, reference) },
    ])("in three places $how gives all the same image and leaves no other", async ({ builders }) => {
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

    test("says when it starts and why, and when it is done with seconds and size", async () => {
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

    test("that fails shows why, gives no image and leaves no temporary folder", async () => {
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

    test("whose tar is not read to its end cleans up after itself", async () => {
      const tree = treeOnThisMachine(recipe);
      await new Promise((resolve) => tree.once("readable", resolve));
      tree.destroy();
      await expect.poll(temporaryFolders, { timeout: 30_000 }).toEqual([]);
    });

    test("in a container of Debian makes the same files as on this machine", async (context) => {
      if ((await obstacleOnThisMachine(docker)) !== undefined) {
        context.skip("the machine itself cannot build: there is nothing to compare with");
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

/** What is in the image itself, without what Docker adds to a container. */
async function filesOfImage(reference: string): Promise<readonly File[]> {
  const container = await docker.createContainer({ Image: reference, Cmd: ["true"] });
  try {
    const files = await filesOfTar((await container.export()) as Readable);
    return files.filter((file) => !/^\/(dev|proc|sys|\.dockerenv)(\/|$)/.test(file.path));
  } finally {
    await container.remove({ force: true });
  }
}

/** Runs a container the way the Docker host does: without privileges, on a root it cannot write. */
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

/** Asks until the answer is as wanted; after ten seconds the last answer fails the test. */
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
  const said = await text(await execution.start({ Tty: true }));
  return said.replaceAll("\r", "").trim();
}

/** Docker as so many see it of whom none goes on without the image before all have found that it is missing. */
function lookingTogether(count: number, reference: string): readonly Docker[] {
  let waiting: (() => void)[] = [];
  const meet = () =>
    new Promise<void>((resolve) => {
      waiting.push(resolve);
      if (waiting.length === count) {
        for (const goOn of waiting) {
          goOn();
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
          await meet();
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

/** Debian's image where no registry gives it: made here for the test, and removed after it. */
async function withDebianImage(use: () => Promise<void>): Promise<void> {
  const present = (await docker.listImages({ filters: { reference: [DEBIAN_IMAGE] } })).length > 0;
  if (!present) {
    const build = `mmdebstrap --quiet --variant=apt trixie - | docker import - ${DEBIAN_IMAGE}`;
    await promisify(execFile)("sh", ["-c", build]);
  }
  try {
    await use();
  } finally {
    if (!present) {
      await docker.getImage(DEBIAN_IMAGE).remove();
    }
  }
}
