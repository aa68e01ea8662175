import type { Redis } from "ioredis";
import { audit, type LedgerReport } from "../../../drills/ledger/audit.ts";
import { Ledger } from "../../../drills/ledger/ledger.ts";
import { ioredisClient } from "../../../drills/ledger/ledgerClient.ts";
import { SetClients } from "../../../drills/ledger/setClients.ts";
import { Addressing } from "../../../redis/addressing.ts";
import { targetOf } from "../../../redis/target.ts";
import type { DeployedSet } from "../../../topology/outputs.ts";
import type { NodePlan } from "../../../topology/topology.ts";

/** A client with the recommended options, from outside the set's network. */
export function applicationClient(set: DeployedSet): Redis {
  return clientsOf(set).throughSentinels();
}

/** Sends a command to a node through its published port. */
export async function askNode(
  set: DeployedSet,
  node: NodePlan,
  ...[command, ...words]: readonly [string, ...string[]]
) {
  const client = clientsOf(set).to(node);
  try {
    return await client.call(command, ...words);
  } finally {
    client.disconnect();
  }
}

function clientsOf(set: DeployedSet): SetClients {
  return new SetClients(targetOf(set), new Addressing("published"));
}

/**
 * Runs an action while eight applications write to the set, and audits their writes.
 *
 * @param reached a set with every node that may become the master meanwhile, so that the writers find it
 * @param action returns the set that the action leaves
 */
export async function underLoad(reached: DeployedSet, action: () => Promise<DeployedSet>): Promise<LedgerReport> {
  const ledger = await Ledger.open({
    client: () => ioredisClient(applicationClient(reached)),
    writers: 8,
    writesPerSecond: 400,
  });
  let afterwards = reached;
  let record: Awaited<ReturnType<Ledger["close"]>>;
  try {
    afterwards = await action();
  } finally {
    record = await ledger.close();
  }
  const roles = await Promise.all(
    afterwards.topology.dataNodes.map(async (node) => {
      const [role] = (await askNode(afterwards, node, "ROLE")) as readonly [string];
      return { node, role, client: clientsOf(afterwards).to(node) };
    }),
  );
  try {
    const master = roles.find(({ role }) => role === "master");
    if (master === undefined) {
      throw new Error("the set has no master to read the ledger from");
    }
    const replicas = roles.filter((one) => one !== master).map(({ node, client }) => [node.name, client]);
    return await audit(record, { master: master.client, replicas: Object.fromEntries(replicas) });
  } finally {
    for (const { client } of roles) {
      client.disconnect();
    }
  }
}
