import { Redis } from "ioredis";
import { beforeAll, describe, expect, test } from "vitest";
import { describeReport, warningsOf } from "../../checks/report.ts";
import { verify } from "../../checks/verify.ts";
import type { Metrics } from "../../components/exporter.ts";
import { recommendedClientOptions } from "../../redis/clientOptions.ts";
import { type Login, loginHeaders } from "../../redis/http.ts";
import { targetOf } from "../../redis/target.ts";
import { describeWithDocker } from "../support/docker/daemon.ts";
import { Deployment } from "../support/docker/deployment.ts";
import { defaultSet } from "../support/docker/places.ts";
import { findSecret, hidingPlaces } from "../support/docker/secretSearch.ts";
import { checkNames, checksOfWholeSet, nothingChanged, resources, stackTrace } from "../support/stacks/engineOutput.ts";

describeWithDocker("a new default set", () => {
  let deployment: Deployment;
  let created: number;

  beforeAll(async () => {
    const set = defaultSet("ha-test-up");
    deployment = await Deployment.create(set.name, set);
    return () => deployment.dispose();
  });

  test("is up only after every check has passed, and reports all checks", async () => {
    const { exitCode, output } = await deployment.up();
    expect(exitCode, output).toBe(0);
    expect(checkNames(output, "✓")).toEqual(checksOfWholeSet);
    expect(output).toMatch(/verified in [\d.]+ m?s: 17 checks, through /);
    expect(output).not.toMatch(stackTrace);
    const [summary = ""] = resources(output);
    expect(resources(output), output).toEqual([expect.stringMatching(/^\+ \d+ created$/)]);
    created = Number(/\d+/.exec(summary));
  });

  describe("on Docker", () => {
    // The columns have the order of the parameters below.
    test.each([
      ["redis-0", 1, 256, "10.213.1.10", { 6379: 16379 }, ["ha-test-up-redis-0"]],
      ["redis-1", 1, 256, "10.213.1.11", { 6379: 16380 }, ["ha-test-up-redis-1"]],
      ["redis-2", 1, 256, "10.213.1.12", { 6379: 16381 }, ["ha-test-up-redis-2"]],
      ["sentinel-0", 0.5, 64, "10.213.1.254", { 26379: 17379 }, ["ha-test-up-sentinel-0"]],
      ["sentinel-1", 0.5, 64, "10.213.1.253", { 26379: 17380 }, ["ha-test-up-sentinel-1"]],
      ["sentinel-2", 0.5, 64, "10.213.1.252", { 26379: 17381 }, ["ha-test-up-sentinel-2"]],
      ["gateway-0", 0.5, 64, "10.213.1.4", { 6379: 16479, 6380: 16579, 8404: 18404 }, []],
      ["exporter", 0.5, 64, "10.213.1.2", {}, []],
      ["commander", 1, 192, "10.213.1.3", {}, []],
      ["login-proxy", 0.25, 48, "10.213.1.9", { 9121: 19121, 8081: 18081 }, []],
    ] as const)(
      "runs %s without privileges, with its limits, address and volume, and its ports on loopback only",
      async (part, cpus, mebibytes, address, ports, volumes) => {
        const container = await deployment.onDocker.container(part).inspect();
        expect(container.Config.User).toMatch(/^[1-9]\d*:[1-9]\d*$/);
        expect(container.HostConfig).toMatchObject({
          Privileged: false,
          CapAdd: null,
          CapDrop: ["ALL"],
          SecurityOpt: ["no-new-privileges"],
          NanoCpus: cpus * 1e9,
          Memory: mebibytes * 1024 ** 2,
          // The sum of memory and swap, so there is no swap.
          MemorySwap: mebibytes * 1024 ** 2,
          PortBindings: Object.fromEntries(
            Object.entries(ports).map(([port, published]) => [
              `${port}/tcp`,
              [{ HostIp: "127.0.0.1", HostPort: String(published) }],
            ]),
          ),
        });
        expect(container.NetworkSettings.Networks).toEqual({
          "ha-test-up": expect.objectContaining({ IPAddress: address }),
        });
        expect(container.Mounts.map(({ Name }) => Name)).toEqual(volumes);
      },
    );
  });

  describe("for its users", () => {
    test.runIf(process.platform === "linux")(
      "replicates the write of an application that knows only the Sentinels' addresses",
      async () => {
        await expectToReplicate({
          sentinels: ["10.213.1.254", "10.213.1.253", "10.213.1.252"].map((host) => ({ host, port: 26379 })),
          nodes: ["10.213.1.10", "10.213.1.11", "10.213.1.12"].map((host) => ({ host, port: 6379 })),
        });
      },
    );

    test("replicates the write of an application that uses the published ports and a natMap", async () => {
      const nodes = [16379, 16380, 16381].map((port) => ({ host: "127.0.0.1", port }));
      const [first, second, third] = nodes;
      await expectToReplicate({
        sentinels: [17379, 17380, 17381].map((port) => ({ host: "127.0.0.1", port })),
        nodes,
        natMap: { "10.213.1.10:6379": first, "10.213.1.11:6379": second, "10.213.1.12:6379": third },
      });
    });

    test("replicates the write of an application that knows only a gateway's published port", async () => {
      const { password } = await deployment.deployedSet();
      await withClient(new Redis({ host: "127.0.0.1", port: 16479, password }), async (application) => {
        await application.set("written through the gateway", "value");
        expect(await application.wait(2, 2000)).toBe(2);
      });
      await withClient(new Redis({ host: "127.0.0.1", port: 16579, password }), async (reader) => {
        expect(await reader.get("written through the gateway")).toBe("value");
        expect(await reader.role()).toContain("slave");
      });
    });

    test("passes all checks through the published ports", async () => {
      const report = await verify(targetOf(await deployment.deployedSet()), { mode: "published" });
      expect(report.passed, describeReport(report)).toBe(true);
    });

    test("exports exactly the expected variables in the output env", async () => {
      const { env, password } = await deployment.outputs();
      expect(password).toMatch(/^[\w-]{32}$/);
      expect(env).toEqual({
        REDIS_MASTER_HOST: "10.213.1.4",
        REDIS_MASTER_PORT: "6379",
        REDIS_REPLICAS_HOST: "10.213.1.4",
        REDIS_REPLICAS_PORT: "6380",
        REDIS_SENTINEL_HOSTS: "10.213.1.254:26379,10.213.1.253:26379,10.213.1.252:26379",
        REDIS_SENTINEL_ADDRS: "10.213.1.254:26379,10.213.1.253:26379,10.213.1.252:26379",
        REDIS_MASTER_NAME: "mymaster",
        REDIS_PASSWORD: password,
        REDIS_SENTINEL_PASSWORD: password,
        REDIS_DB: "0",
        REDIS_POOL_SIZE: "10",
        REDIS_MIN_IDLE_CONNS: "5",
        REDIS_CLIENT: "phpredis",
        REDIS_HOST: "10.213.1.4",
        REDIS_PORT: "6379",
        REDIS_USERNAME: "default",
        REDIS_CACHE_DB: "1",
        REDIS_SENTINEL_ENABLED: "true",
        REDIS_SENTINEL_MASTER: "mymaster",
        REDIS_SENTINEL_HOST_1: "10.213.1.254",
        REDIS_SENTINEL_PORT_1: "26379",
        REDIS_SENTINEL_HOST_2: "10.213.1.253",
        REDIS_SENTINEL_PORT_2: "26379",
        REDIS_SENTINEL_HOST_3: "10.213.1.252",
        REDIS_SENTINEL_PORT_3: "26379",
        REDIS_MAX_CONNECTIONS: "50",
        REDIS_MIN_CONNECTIONS: "5",
      });
    });

    test("serves the metrics of all six nodes, among them one master and two replicas", async () => {
      const { targets, ...login } = await metrics();
      const scraped = await Promise.all(
        targets.map(async ({ name, url }) => [name, await fetchText(url, login)] as const),
      );
      const role = (metrics: string) => /^redis_instance_info\{.*role="(\w+)"/m.exec(metrics)?.[1];
      expect(scraped.map(([name, metrics]) => [name, /^redis_up .*$/m.exec(metrics)?.[0], role(metrics)])).toEqual([
        ["redis-0", "redis_up 1", "master"],
        ["redis-1", "redis_up 1", "slave"],
        ["redis-2", "redis_up 1", "slave"],
        ["sentinel-0", "redis_up 1", undefined],
        ["sentinel-1", "redis_up 1", undefined],
        ["sentinel-2", "redis_up 1", undefined],
      ]);
    });

    test("gives out no key, no value and no other target through the exporter, with or without a login", async () => {
      const login = await metrics();
      const own = "/scrape?target=redis://10.213.1.10:6379";
      const other = "/scrape?target=redis://10.213.1.1:6379";
      const paths = [own, `${own}&check-keys=db0=*`, `${own}&check-single-keys=db0=secret`, other, "/-/reload"];
      // Linux routes to the containers' own addresses too. Elsewhere only the published port is reachable.
      const direct = process.platform === "linux" ? ["10.213.1.2:9121", "10.213.1.9:9121"] : [];
      for (const address of ["127.0.0.1:19121", ...direct]) {
        for (const path of paths) {
          expect((await fetch(`http://${address}${path}`)).ok, `${address}${path} without a login`).toBe(false);
        }
        for (const path of paths.slice(1)) {
          const response = await fetch(`http://${address}${path}`, { headers: loginHeaders(login) });
          expect(response.ok, `${address}${path} with the login`).toBe(false);
        }
      }
    });

    test("lets no request without a login reach or stop Redis Commander", async () => {
      const body = '{"username":"admin","password":{"toString":1}}';
      const headers = { "content-type": "application/json" };
      const statuses: number[] = [];
      for (const path of ["/signin", "/signin", "/SIGNIN", "/sso", "/apiv2/server/info"]) {
        for (const method of ["POST", "PUT"]) {
          const { status } = await fetch(`http://127.0.0.1:18081${path}`, { method, headers, body });
          statuses.push(status);
          if (process.platform === "linux") {
            const direct = fetch(`http://10.213.1.3:8081${path}`, { method, headers, body });
            await expect(direct, "past the login proxy").rejects.toThrow("fetch failed");
          }
        }
      }
      expect(new Set(statuses)).toEqual(new Set([401]));
      const { commander: login } = await deployment.deployedSet();
      const withLogin = { method: "POST", headers: { ...headers, ...loginHeaders(login!) }, body };
      expect((await fetch("http://127.0.0.1:18081/signin", withLogin)).status).toBe(200);
      const { RestartCount, State } = await deployment.onDocker.container("commander").inspect();
      expect([RestartCount, State.Running]).toEqual([0, true]);
    });

    // After other tests, because Docker makes the first health check a minute after the start of a container, and before
    // the next one, which restarts a container.
    test("shows every container as healthy in Docker", async () => {
      const health = async () =>
        Object.entries(await deployment.onDocker.containers())
          .map(([part, { State }]) => `${part} ${State.Health?.Status}`)
          .sort();
      await expect
        .poll(health, { timeout: 90_000, interval: 500 })
        .toEqual([
          "commander healthy",
          "exporter healthy",
          "gateway-0 healthy",
          "login-proxy healthy",
          "redis-0 healthy",
          "redis-1 healthy",
          "redis-2 healthy",
          "sentinel-0 healthy",
          "sentinel-1 healthy",
          "sentinel-2 healthy",
        ]);
    });

    test("passes the verification with a warning while Redis Commander is stopped", async () => {
      const commander = deployment.onDocker.container("commander");
      await commander.stop();
      try {
        const report = await verify(targetOf(await deployment.deployedSet()), { deadline: 1000 });
        expect(report.passed, describeReport(report)).toBe(true);
        expect(warningsOf(report).map(({ name }) => name)).toEqual(["Commander shows the master's data to its user"]);
      } finally {
        await commander.start();
      }
      // The next verification has no warning as soon as Redis Commander is back.
      expect(warningsOf(await verify(targetOf(await deployment.deployedSet())))).toEqual([]);
    });
  });

  describe("at a second deployment", () => {
    test("is not changed by `up`", async () => {
      const { exitCode, output } = await deployment.up();
      expect(exitCode, output).toBe(0);
      expect(resources(output), output).toEqual([`${created} unchanged`]);
    });

    test("has no changes in `preview`", async () => {
      const { exitCode, output } = await deployment.preview();
      expect(exitCode, output).toBe(0);
      expect(resources(output), output).toEqual([expect.stringMatching(nothingChanged)]);
    });

    test("has no drift in `refresh`", async () => {
      const { exitCode, output } = await deployment.findDrift();
      expect(exitCode, output).toBe(0);
      expect(resources(output), output).toEqual([expect.stringMatching(nothingChanged)]);
    });
  });

  test("exposes its passwords nowhere, neither plain nor in base64 or hexadecimal", async () => {
    const { password, gateway, metrics, commander } = await deployment.deployedSet();
    const places = await hidingPlaces(deployment);
    for (const secret of [password, gateway?.password ?? "", metrics?.password ?? "", commander?.password ?? ""]) {
      const visible = {
        plain: `-a ${secret}`,
        whole: base64(secret),
        second: base64(`:${secret}`),
        third: base64(`a:${secret}`),
        hexadecimal: Buffer.from(`AUTH ${secret}`).toString("hex"),
      };
      expect(findSecret(secret, visible)).toEqual(Object.keys(visible));
      expect(findSecret(secret, places)).toEqual([]);
    }
  });

  test("leaves no container, network or volume after `down`", async () => {
    const { exitCode, output } = await deployment.down();
    expect(exitCode, output).toBe(0);
    expect(await deployment.onDocker.everything()).toEqual([]);
  });

  async function metrics(): Promise<Metrics> {
    return (await deployment.outputs())["metrics"] as Metrics;
  }

  interface Application {
    readonly sentinels: readonly Endpoint[];
    readonly nodes: readonly Endpoint[];
    readonly natMap?: Readonly<Record<string, Endpoint | undefined>>;
  }

  interface Endpoint {
    readonly host: string;
    readonly port: number;
  }

  /** Writes as an application does, and reads the value back from every node. */
  async function expectToReplicate({ sentinels, nodes, natMap }: Application): Promise<void> {
    const { password } = await deployment.deployedSet();
    const translated = natMap === undefined ? {} : { natMap: natMap as Record<string, Endpoint> };
    const value = crypto.randomUUID();
    await withClient(
      new Redis(recommendedClientOptions({ sentinels, masterName: "mymaster", password, ...translated })),
      async (application) => {
        await application.set("written by an application", value);
        expect(await application.wait(2, 2000)).toBe(2);
      },
    );
    for (const node of nodes) {
      await withClient(new Redis({ ...node, password }), async (client) => {
        expect(await client.get("written by an application")).toBe(value);
      });
    }
  }
});

async function withClient(client: Redis, use: (client: Redis) => Promise<void>): Promise<void> {
  try {
    await use(client);
  } finally {
    client.disconnect();
  }
}

async function fetchText(url: string, login: Login): Promise<string> {
  const response = await fetch(url, { headers: loginHeaders(login) });
  expect(response.status).toBe(200);
  return response.text();
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
