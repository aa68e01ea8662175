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

/** A process that accepts the password and has this run id. */
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
const abandoned = await abandonedEndpoint();

async function abandonedEndpoint(): Promise<Endpoint> {
  const fake = await FakeRedis.start(() => null);
  fake.stop();
  return fake.endpoint;
}

/** A set of one data node. */
function target(endpoint: Endpoint, published: Endpoint): VerificationTarget {
  const topology = plannedSet({
    dataNode: () => ({ endpoint, published }),
    sentinel: () => ({ endpoint: abandoned, published: abandoned }),
  });
  return verificationTarget({ ...topology, dataNodes: topology.dataNodes.slice(0, 1) }, { password });
}

describe("the way to a set", () => {
  test("is by the inside addresses where both ways lead to one process", async () => {
    const addressing = await findAddressing(target(await redis("a"), await redis("a")));
    expect(addressing.mode).toBe("inside");
  });

  test("is by the inside addresses where the ports are not published here", async () => {
    const addressing = await findAddressing(target(await redis("a"), abandoned));
    expect(addressing.mode).toBe("inside");
  });

  test("is by the published ports where the inside addresses are out of reach", async () => {
    const addressing = await findAddressing(target(abandoned, await redis("a")));
    expect(addressing.mode).toBe("published");
  });

  test("is by the published ports where the inside addresses are another's, who refuses the password", async () => {
    const addressing = await findAddressing(target(await refusing(), await redis("a")));
    expect(addressing.mode).toBe("published");
  });

  test("is by the published ports where the inside addresses are another's, who accepts the password", async () => {
    const addressing = await findAddressing(target(await redis("another"), await redis("a")));
    expect(addressing.mode).toBe("published");
  });

  test("is looked for again while no node accepts the password", async () => {
    const refuser = await refusing();
    const at = formatEndpoint;
    const failure = await findAddressing(target(abandoned, refuser)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CheckFailure);
    expect(failure).toMatchObject({
      message:
        `redis-0 does not accept a connection at ${at(abandoned)}: connect ECONNREFUSED ${at(abandoned)} and ` +
        `refuses the password at ${at(refuser)}: WRONGPASS invalid username-password pair or user is disabled.`,
      permanent: false,
    });
  });

  test("is given up at once when the node refuses the password both ways", async () => {
    await expect(findAddressing(target(await refusing(), await refusing()))).rejects.toMatchObject({ permanent: true });
  });
});

describe("a route", () => {
  const everywhere = plannedSet({
    dataNode: (ordinal) => ({
      endpoint: { host: `10.41.0.${10 + ordinal}`, port: 6379 },
      published: { host: "0.0.0.0", port: 6379 + ordinal },
    }),
    sentinel: () => ({ endpoint: abandoned, published: abandoned }),
  }).dataNodes;

  test("by published ports reaches a port that is published everywhere through loopback", () => {
    expect(everywhere.map((node) => new Addressing("published").endpoint(node))).toEqual([
      { host: "127.0.0.1", port: 6379 },
      { host: "127.0.0.1", port: 6380 },
      { host: "127.0.0.1", port: 6381 },
    ]);
  });

  test("by published ports translates what Sentinels answer; by inside addresses there is nothing to translate", () => {
    expect(new Addressing("published").natMap(everywhere)).toEqual({
      "10.41.0.10:6379": { host: "127.0.0.1", port: 6379 },
      "10.41.0.11:6379": { host: "127.0.0.1", port: 6380 },
      "10.41.0.12:6379": { host: "127.0.0.1", port: 6381 },
    });
    expect(new Addressing("inside").natMap(everywhere)).toBeUndefined();
  });
});
