import { afterEach, describe, expect, test } from "vitest";
import { Addressing, findAddressing } from "../../../redis/addressing.ts";
import { CheckFailure } from "../../../redis/finding.ts";
import { type VerificationTarget, verificationTarget } from "../../../redis/target.ts";
import { formatEndpoint } from "../../../topology/endpoint.ts";
import type { Endpoint } from "../../../topology/topology.ts";
import { FakeRedis } from "../../support/unit/fakeRedis.ts";
import { password, plannedSet } from "../../support/unit/plannedSet.ts";

const fakes: FakeRedis[] = [];

afterEach(() => {
  for (const fake of fakes.splice(0)) {
    fake.stop();
  }
});

/** Starts a server that accepts the password and has this run id. */
async function redis(runId: string): Promise<Endpoint> {
  return started((command) => {
    if (command === `auth ${password}`) {
      return "OK";
    }
    return command === "info server" ? `# Server\r\nrun_id:${runId}\r\n` : new Error("NOAUTH Authentication required.");
  });
}

async function refusing(): Promise<Endpoint> {
  return started(() => new Error("WRONGPASS invalid username-password pair or user is disabled."));
}

async function started(answer: Parameters<typeof FakeRedis.start>[0]): Promise<Endpoint> {
  const fake = await FakeRedis.start(answer);
  fakes.push(fake);
  return fake.endpoint;
}

/** A port of this machine where nothing listens. */
const unreachable = await unreachableEndpoint();

async function unreachableEndpoint(): Promise<Endpoint> {
  const fake = await FakeRedis.start(() => null);
  fake.stop();
  return fake.endpoint;
}

/** A set of one data node. */
function target(endpoint: Endpoint, published: Endpoint): VerificationTarget {
  const topology = plannedSet({
    dataNode: () => ({ endpoint, published }),
    sentinel: () => ({ endpoint: unreachable, published: unreachable }),
  });
  return verificationTarget({ ...topology, dataNodes: topology.dataNodes.slice(0, 1) }, { password });
}

describe("the detected address mode of a set", () => {
  test("is inside when the inside address and the published port lead to the same process", async () => {
    const addressing = await findAddressing(target(await redis("a"), await redis("a")));
    expect(addressing.mode).toBe("inside");
  });

  test("is inside when the published ports are unreachable", async () => {
    const addressing = await findAddressing(target(await redis("a"), unreachable));
    expect(addressing.mode).toBe("inside");
  });

  test("is published when the inside addresses are unreachable", async () => {
    const addressing = await findAddressing(target(unreachable, await redis("a")));
    expect(addressing.mode).toBe("published");
  });

  test("is published when a server of another set refuses the password at the inside address", async () => {
    const addressing = await findAddressing(target(await refusing(), await redis("a")));
    expect(addressing.mode).toBe("published");
  });

  test("is published when a server of another set accepts the password at the inside address", async () => {
    const addressing = await findAddressing(target(await redis("b"), await redis("a")));
    expect(addressing.mode).toBe("published");
  });

  test("cannot be determined yet, with a temporary failure, while a node refuses the password at one address only", async () => {
    const refuser = await refusing();
    const at = formatEndpoint;
    const failure = await findAddressing(target(unreachable, refuser)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CheckFailure);
    expect(failure).toMatchObject({
      message:
        `redis-0 does not accept a connection at ${at(unreachable)}: connect ECONNREFUSED ${at(unreachable)} and ` +
        `refuses the password at ${at(refuser)}: WRONGPASS invalid username-password pair or user is disabled.`,
      permanent: false,
    });
  });

  test("cannot be determined, with a permanent failure, when the node refuses the password at both addresses", async () => {
    await expect(findAddressing(target(await refusing(), await refusing()))).rejects.toMatchObject({ permanent: true });
  });
});

describe("Addressing by published ports", () => {
  const publishedEverywhere = plannedSet({
    dataNode: (ordinal) => ({
      endpoint: { host: `10.41.0.${10 + ordinal}`, port: 6379 },
      published: { host: "0.0.0.0", port: 6379 + ordinal },
    }),
    sentinel: () => ({ endpoint: unreachable, published: unreachable }),
  }).dataNodes;

  test("uses 127.0.0.1 for a port that is published at 0.0.0.0", () => {
    expect(publishedEverywhere.map((node) => new Addressing("published").endpoint(node))).toEqual([
      { host: "127.0.0.1", port: 6379 },
      { host: "127.0.0.1", port: 6380 },
      { host: "127.0.0.1", port: 6381 },
    ]);
  });

  test("maps the addresses that Sentinels report, while inside addresses need no natMap", () => {
    expect(new Addressing("published").natMap(publishedEverywhere)).toEqual({
      "10.41.0.10:6379": { host: "127.0.0.1", port: 6379 },
      "10.41.0.11:6379": { host: "127.0.0.1", port: 6380 },
      "10.41.0.12:6379": { host: "127.0.0.1", port: 6381 },
    });
    expect(new Addressing("inside").natMap(publishedEverywhere)).toBeUndefined();
  });
});
