import { Redis } from "ioredis";
import { audit, type LedgerReport } from "../../../drills/ledger/audit.ts";
import { Ledger } from "../../../drills/ledger/ledger.ts";
import { ioredisClient } from "../../../drills/ledger/ledgerClient.ts";
import { recommendedClientOptions } from "../../../redis/clientOptions.ts";
import type { ScriptedSet } from "./scriptedSet.ts";

/** Clients that find the master through the Sentinels and write continuously. */
export class Load {
  readonly #set: ScriptedSet;
  readonly #ledger: Ledger;

  private constructor(set: ScriptedSet, ledger: Ledger) {
    this.#set = set;
    this.#ledger = ledger;
  }

  static async on(set: ScriptedSet): Promise<Load> {
    const { sentinels, masterName } = set.topology;
    const addressing = { sentinels: sentinels.map(({ endpoint }) => endpoint), masterName, password: set.password };
    const client = () => ioredisClient(new Redis(recommendedClientOptions(addressing)));
    return new Load(set, await Ledger.open({ client, writers: 4, writesPerSecond: 400 }));
  }

  /**
   * Waits until every writer is served again and all replicas are in sync. Then reads all writes back from all nodes.
   */
  async finish(): Promise<LedgerReport> {
    await this.#ledger.served(performance.now(), 20_000);
    const record = await this.#ledger.close();
    const master = await this.#set.inSync();
    const clients = this.#set.topology.dataNodes.map(
      (node) => [node, new Redis({ ...node.endpoint, password: this.#set.password })] as const,
    );
    try {
      return await audit(record, {
        master: clients.find(([node]) => node === master)?.[1] as Redis,
        replicas: Object.fromEntries(
          clients.filter(([node]) => node !== master).map(([node, client]) => [node.name, client]),
        ),
      });
    } finally {
      for (const [, client] of clients) {
        client.disconnect();
      }
    }
  }
}
