import { Redis } from "ioredis";
import { type ClientOptions, recommendedClientOptions } from "../redis/clientOptions.ts";
import { CheckFailure } from "../redis/finding.ts";
import { infoFields } from "../redis/replies.ts";
import { findRoles } from "../redis/roles.ts";
import type { RunningSet } from "../redis/runningSet.ts";
import type { Check } from "./check.ts";
import { sentinelsAnswer } from "./connectivity.ts";
import { minReplicasMet } from "./minReplicas.ts";
import { oneMaster } from "./oneMaster.ts";
import { keyExpiry, verificationKey } from "./roundTrip.ts";

/** Milliseconds within which an application's write must succeed; on a healthy set this takes about 10 ms. */
const clientLimit = 2000;

/** A client that knows only the addresses of the Sentinels, as applications do, can write to the master. */
export const clientsFindMaster: Check = {
  name: "a client finds the master through the Sentinels and writes to it",
  needs: [sentinelsAnswer, oneMaster, minReplicasMet],
  start: (set) => {
    if (set.target.sentinels.length === 0) {
      return undefined;
    }
    const key = verificationKey();
    return async () => {
      const { master } = await findRoles(set);
      const [reached, expected] = await Promise.all([
        writeAsClient(set, key),
        set.call(master.node, "INFO", "server").then(runId),
      ]);
      if (reached !== expected) {
        throw new CheckFailure([
          {
            problem: `the Sentinels direct clients to a node that is not the master ${master.node.name}`,
            ...hint(set),
          },
        ]);
      }
      return `the Sentinels direct clients to ${master.node.name}`;
    };
  },
};

/** Writes and removes a key, and returns the run id of the node that accepted the write. */
async function writeAsClient(set: RunningSet, key: string): Promise<string> {
  const client = new Redis({ ...clientOptions(set), commandTimeout: clientLimit, disconnectTimeout: 100 });
  let clientError: Error | undefined;
  for (const event of ["error", "sentinelError"]) {
    client.on(event, (error: Error) => {
      clientError = error;
    });
  }
  try {
    await client.set(key, "", "PX", keyExpiry);
    await client.del(key);
    return runId(await client.info("server"));
  } catch (error) {
    const reason = clientError ?? error;
    const words = reason instanceof Error ? reason.message : String(reason);
    throw new CheckFailure([
      { problem: `a Sentinel client could not write within ${clientLimit} ms: ${words}`, ...hint(set) },
    ]);
  } finally {
    client.disconnect();
  }
}

function clientOptions(set: RunningSet): ClientOptions {
  const { sentinels, dataNodes, masterName, password, db } = set.target;
  const natMap = set.addressing.natMap(dataNodes);
  return recommendedClientOptions({
    sentinels: sentinels.map((sentinel) => set.addressing.endpoint(sentinel)),
    masterName,
    password,
    db,
    ...(natMap === undefined ? {} : { natMap }),
  });
}

function runId(info: unknown): string {
  return infoFields(info).get("run_id") ?? "";
}

function hint(set: RunningSet): { readonly lookAt: string } {
  const [sentinel] = set.target.sentinels;
  const question = `SENTINEL GET-MASTER-ADDR-BY-NAME ${set.target.masterName}`;
  return { lookAt: sentinel === undefined ? "the plan" : set.command(sentinel, question) };
}
