import { formatEndpoint } from "../topology/endpoint.ts";
import type { SentinelParameters, SentinelPlan } from "../topology/topology.ts";
import { type Fields, pairFields, pairFieldsList } from "./replies.ts";
import { RefusalError, type RunningSet } from "./runningSet.ts";

/** A Sentinel's view of the set at one moment. */
export interface SentinelFacts {
  readonly node: SentinelPlan;
  readonly id: string;
  /** The master that the Sentinel names: `address:port`. */
  readonly master: string;
  /** Such as `master` or `master,s_down`. */
  readonly masterFlags: readonly string[];
  readonly rules: SentinelParameters;
  readonly replicas: readonly KnownNode[];
  readonly peers: readonly KnownPeer[];
  /** The reply to CKQUORUM, `OK ...` or `NOQUORUM ...`. */
  readonly quorum: string;
}

export interface KnownNode {
  /** `address:port`. */
  readonly address: string;
  readonly flags: readonly string[];
}

export interface KnownPeer extends KnownNode {
  readonly id: string;
}

export async function sentinelFacts(set: RunningSet, node: SentinelPlan): Promise<SentinelFacts> {
  const ask = (...words: string[]): Promise<unknown> => set.call(node, "SENTINEL", ...words);
  const name = set.target.masterName;
  const [id, master, replicas, peers, quorum] = await Promise.all([
    ask("MYID"),
    ask("MASTER", name),
    ask("REPLICAS", name),
    ask("SENTINELS", name),
    ask("CKQUORUM", name).catch(wordsOfRefusal),
  ]);
  const fields = pairFields(master);
  return {
    node,
    id: String(id),
    master: addressIn(fields),
    masterFlags: flagsIn(fields),
    rules: rulesIn(fields),
    replicas: pairFieldsList(replicas).map(knownNode),
    peers: pairFieldsList(peers).map((peer) => ({ ...knownNode(peer), id: peer.get("runid") ?? "" })),
    quorum: String(quorum),
  };
}

/** Returns the error message of a refusal, because CKQUORUM reports a missing quorum as an error. */
function wordsOfRefusal(error: unknown): string {
  if (error instanceof RefusalError) {
    return error.reply;
  }
  throw error;
}

function knownNode(fields: Fields): KnownNode {
  return { address: addressIn(fields), flags: flagsIn(fields) };
}

function rulesIn(fields: Fields): SentinelParameters {
  return {
    quorum: Number(fields.get("quorum")),
    downAfter: Number(fields.get("down-after-milliseconds")),
    failoverTimeout: Number(fields.get("failover-timeout")),
    parallelSyncs: Number(fields.get("parallel-syncs")),
  };
}

function addressIn(fields: Fields): string {
  return formatEndpoint({ host: fields.get("ip") ?? "", port: Number(fields.get("port")) });
}

function flagsIn(fields: Fields): readonly string[] {
  return (fields.get("flags") ?? "").split(",");
}
