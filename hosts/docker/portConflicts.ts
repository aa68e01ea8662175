import { guardedParts } from "../../topology/nodes.ts";
import type { Problem } from "../../topology/settings/problem.ts";
import type { GuardedPlan, Listener, Topology } from "../../topology/topology.ts";
import { downFirst } from "../target.ts";

/**
 * Returns a problem for each planned published port that another node still has when the new node needs it. Nodes are
 * replaced one after another, and a replaced node needs its ports immediately.
 */
export function portConflicts(
  deployed: Topology,
  planned: Topology,
  existing: ReadonlySet<string>,
): readonly Problem[] {
  const had = portsOf(deployed).filter(({ node }) => existing.has(node));
  const taken = portsOf(planned).flatMap((port) => {
    const holder = had.find((other) => !isReleased(other, port, planned) && collide(port, other));
    return holder === undefined ? [] : [{ ...port, holder: holder.node }];
  });
  const keys = [...new Set(taken.map(({ key }) => key))];
  return keys.map((key) => {
    const ofKey = taken.filter((port) => port.key === key);
    const holders = ofKey.map(({ node, port, holder }) => `${node} would get ${port} of ${holder}`);
    return {
      path: `docker.ports.${key}`,
      got: String(firstOf(planned, key)),
      expected: `ports that no other node has now: ${holders.join(", ")}`,
      advice: `choose ports that the set does not use now, or ${downFirst}`,
    };
  });
}

/** A published port of a node. */
interface PublishedPort {
  readonly node: string;
  /** Its key in `docker.ports`. */
  readonly key: string;
  readonly host: string;
  readonly port: number;
}

/** Returns true if the first node has released its port by the time the other node needs it. */
function isReleased(had: PublishedPort, wanted: PublishedPort, { exporter, commander, loginProxy }: Topology): boolean {
  // In a set of an earlier version, exporter and Commander publish their ports themselves. The update replaces them
  // before it creates the login proxy.
  const isBehindProxy = [exporter, commander].some((part) => part?.name === had.node);
  return had.node === wanted.node || (isBehindProxy && wanted.node === loginProxy?.name);
}

function collide(one: PublishedPort, other: PublishedPort): boolean {
  return one.port === other.port && (one.host === other.host || isEvery(one.host) || isEvery(other.host));
}

function isEvery(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

function firstOf(topology: Topology, key: string): number | undefined {
  return portsOf(topology).find((port) => port.key === key)?.port;
}

function portsOf({
  dataNodes,
  sentinels,
  gateways,
  exporter,
  commander,
  loginProxy,
}: Topology): readonly PublishedPort[] {
  const of = (node: string, key: string, { published }: Listener): PublishedPort => ({ node, key, ...published });
  return [
    ...dataNodes.map((node) => of(node.name, "redis", node)),
    ...sentinels.map((node) => of(node.name, "sentinel", node)),
    ...gateways.flatMap((node) => [
      of(node.name, "writes", node),
      of(node.name, "reads", node.reads),
      of(node.name, "statistics", node.statistics),
    ]),
    ...guardedParts({ exporter, commander }).map((part) => {
      const access = accessTo(part);
      return access === undefined ? of(part.name, part.name, part) : of(loginProxy?.name ?? "", part.name, access);
    }),
  ];
}

/** Undefined in a plan that an earlier version recorded in the state. */
function accessTo({ access }: GuardedPlan): Listener | undefined {
  return access;
}
