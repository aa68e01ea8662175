import { guardedParts } from "../../topology/nodes.ts";
import type { Problem } from "../../topology/settings/problem.ts";
import type { GuardedPlan, Listener, Topology } from "../../topology/topology.ts";
import { downFirst } from "../target.ts";

/**
 * Published ports that another node still has when its new owner needs them: nodes are replaced one after another, and a
 * replaced node needs its port at once.
 */
export function portConflicts(
  deployed: Topology,
  planned: Topology,
  existing: ReadonlySet<string>,
): readonly Problem[] {
  const had = portsOf(deployed).filter(({ node }) => existing.has(node));
  const taken = portsOf(planned).flatMap((port) => {
    const holder = had.find((other) => !gaveUp(other, port, planned) && collide(port, other));
    return holder === undefined ? [] : [{ ...port, holder: holder.node }];
  });
  const rows = [...new Set(taken.map(({ row }) => row))];
  return rows.map((row) => {
    const inRow = taken.filter((port) => port.row === row);
    const holders = inRow.map(({ node, port, holder }) => `${node} would get ${port} of ${holder}`);
    return {
      path: `docker.ports.${row}`,
      got: String(firstOf(planned, row)),
      expected: `ports that no other node has at the moment: ${holders.join(", ")}`,
      advice: `choose ports that the set does not use now; or ${downFirst}`,
    };
  });
}

/** A published port of a node. */
interface PublishedPort {
  readonly node: string;
  /** Its key in `docker.ports`. */
  readonly row: string;
  readonly host: string;
  readonly port: number;
}

/** Whether the port is free when the other node needs it. */
function gaveUp(had: PublishedPort, wanted: PublishedPort, { exporter, commander, loginProxy }: Topology): boolean {
  // In a set of an earlier version the parts behind the login proxy publish their ports themselves. They change before it.
  const isBehindProxy = [exporter, commander].some((part) => part?.name === had.node);
  return had.node === wanted.node || (isBehindProxy && wanted.node === loginProxy?.name);
}

function collide(one: PublishedPort, other: PublishedPort): boolean {
  return one.port === other.port && (one.host === other.host || isEvery(one.host) || isEvery(other.host));
}

function isEvery(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

function firstOf(topology: Topology, row: string): number | undefined {
  return portsOf(topology).find((port) => port.row === row)?.port;
}

function portsOf({
  dataNodes,
  sentinels,
  gateways,
  exporter,
  commander,
  loginProxy,
}: Topology): readonly PublishedPort[] {
  const of = (node: string, row: string, { published }: Listener): PublishedPort => ({ node, row, ...published });
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

/** Undefined in the plan of an earlier version, which is read from the state as it is. */
function accessTo({ access }: GuardedPlan): Listener | undefined {
  return access;
}
