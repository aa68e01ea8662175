import { Redis } from "ioredis";
import { recommendedClientOptions } from "../../checks/clientOptions.ts";
import { audit, type LedgerReport } from "../../ledger/audit.ts";
import { Ledger } from "../../ledger/ledger.ts";
import { ioredisClient } from "../../ledger/ledgerClient.ts";
import type { DeployedSet } from "../../operations/deployedSet.ts";
import { formatEndpoint, hostEndpoint } from "../../topology/endpoint.ts";
import type { NodePlan } from "../../topology/topology.ts";

/** A client as applications are told to make it, from outside of the set's network. */
export function applicationClient({ topology, password }: DeployedSet): Redis {
  return new Redis(
    recommendedClientOptions({
      sentinels: topology.sentinels.map(hostEndpoint),
      masterName: topology.masterName,
      password,
      natMap: Object.fromEntries(topology.dataNodes.map((node) => [formatEndpoint(node.endpoint), hostEndpoint(node)])),
    }),
  );
}

/** Asks one node one thing by its published port. */
export async function askNode(
  set: DeployedSet,
  node: NodePlan,
  ...[command, ...words]: readonly [string, ...string[]]
) {
  const client = nodeClient(set, node);
  try {
    return await client.call(command, ...words);
  } finally {
    client.disconnect();
  }
}

function nodeClient({ password }: DeployedSet, node: NodePlan): Redis {
  const client = new Redis({ ...hostEndpoint(node), password });
  // The failed command says it; without a listener it would be said again on standard error.
  client.on("error", () => undefined);
  return client;
}

/**
 * Eight applications write while something is done to the set.
 *
 * @param reached every node that may lead meanwhile, so that the writers find it
 * @param readBack the set afterwards
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
      return { node, role, client: nodeClient(afterwards, node) };
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
