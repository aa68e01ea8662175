import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { recommendedClientOptions } from "../../../redis/clientOptions.ts";
import type { Endpoint } from "../../../topology/topology.ts";
import { FakeRedis } from "../../support/unit/fakeRedis.ts";

describe("a client with the recommended options", () => {
  test("leaves a frozen master, which accepts connections but never answers, once the Sentinels name another", async () => {
    const frozen = await frozenServer();
    const master = await fake((command) => (command.startsWith("info") ? "role:master" : "OK"));
    let named = frozen.endpoint;
    const sentinel = await fake(() => [named.host, String(named.port)]);
    const client = new Redis(
      recommendedClientOptions({ sentinels: [sentinel.endpoint], masterName: "mymaster", password: "secret" }),
    );
    // The client reports each attempt that fails, and these errors are expected here.
    client.on("error", () => undefined);
    onTestFinished(() => client.disconnect());
    const written = client.set("key", "value");
    await frozen.greeted;
    named = master.endpoint;
    const start = performance.now();
    expect(await written).toBe("OK");
    // Far below the socketTimeout of 2 s.
    expect(performance.now() - start).toBeLessThan(1000);
  });

  test("reaches a master whose first answers are slow, and reconnects without repeating the short attempts", {
    timeout: 20_000,
  }, async () => {
    const master = await fake((command) => (command.startsWith("info") ? "role:master" : "OK"));
    const line = await slowLine(master.endpoint, 250);
    const sentinel = await fake(() => [line.host, String(line.port)]);
    const client = new Redis(
      recommendedClientOptions({ sentinels: [sentinel.endpoint], masterName: "mymaster", password: "secret" }),
    );
    client.on("error", () => undefined);
    onTestFinished(() => client.disconnect());
    expect(await client.set("key", "value")).toBe("OK");
    client.disconnect(true);
    const start = performance.now();
    expect(await client.set("key", "value")).toBe("OK");
    // Far less than the twenty attempts that the first connection took.
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

async function fake(answer: Parameters<typeof FakeRedis.start>[0]): Promise<FakeRedis> {
  const server = await FakeRedis.start(answer);
  onTestFinished(() => server.stop());
  return server;
}

/** Forwards connections to a server, and delays the first answer on each by this many milliseconds. */
async function slowLine(to: Endpoint, late: number): Promise<Endpoint> {
  const server = createServer((socket) => {
    const onward = connect(to.port, to.host);
    socket.pipe(onward);
    const timer = setTimeout(() => onward.pipe(socket), late);
    for (const one of [socket, onward]) {
      one.on("error", () => undefined);
      one.on("close", () => {
        clearTimeout(timer);
        socket.destroy();
        onward.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

/** Imitates a frozen process (SIGSTOP): the kernel accepts connections, and no command is ever answered. */
async function frozenServer(): Promise<{ readonly endpoint: Endpoint; readonly greeted: Promise<unknown> }> {
  const sockets: Socket[] = [];
  const { promise: greeted, resolve } = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => socket.destroy());
    socket.once("data", () => resolve());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) {
      socket.destroy();
    }
  });
  return { endpoint: { host: "127.0.0.1", port: (server.address() as AddressInfo).port }, greeted };
}
