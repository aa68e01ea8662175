import { styleText } from "node:util";
import { passageTo } from "../hosts/passage.ts";
import { formatEndpoint } from "../topology/endpoint.ts";
import { formatBytes } from "../topology/quantities.ts";
import type { GatewayPlan, Listener, NodePlan } from "../topology/topology.ts";
import { type DeployedSet, type GatewayAccess, readDeployedSet, targetOf } from "./deployedSet.ts";
import { type LiveRole, liveRoles } from "./liveRoles.ts";

/**
 * Prints what runs where, with the role that each node has at this moment, and how to get in.
 *
 * @param environment the prepared environment
 */
export async function printSummary(stack: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const set = await readDeployedSet(stack, environment);
  const roles = await liveRoles(targetOf(set), await passageTo(set.topology));
  const [title = "", ...lines] = describeSet(stack, set, roles);
  console.log(`\n${styleText("bold", title)}\n${lines.join("\n")}`);
}

/** The summary, line by line; no secret is in it. */
export function describeSet(
  stack: string,
  set: DeployedSet,
  roles: ReadonlyMap<string, LiveRole>,
): readonly [title: string, ...lines: string[]] {
  return [
    `Stack ${stack}: Redis ${set.topology.masterName}`,
    "",
    ...indented(nodeTable(set, roles)),
    "",
    ...indented(accessTable(stack, set)),
  ];
}

type Row = readonly string[];

function nodeTable({ topology }: DeployedSet, roles: ReadonlyMap<string, LiveRole>): readonly string[] {
  const { dataNodes, sentinels, gateways, exporter, commander } = topology;
  const row = (node: NodePlan, role: string): Row => [
    node.name,
    role,
    formatEndpoint(node.endpoint),
    formatEndpoint(node.published),
    describeSize(node),
  ];
  return aligned([
    ["NODE", "ROLE", "ADDRESS", "PUBLISHED", "SIZE"],
    ...[...dataNodes, ...sentinels].map((node) => row(node, roles.get(node.name) ?? "no answer")),
    ...gateways.map((gateway) => row(gateway, "gateway")),
    ...(exporter === undefined ? [] : [row(exporter, "metrics")]),
    ...(commander === undefined ? [] : [row(commander, "web page")]),
  ]);
}

function accessTable(stack: string, { topology, gateway, commander, metricsUrl }: DeployedSet): readonly string[] {
  const password = `npm run pulumi -- stack output commander --show-secrets --stack ${stack}`;
  return aligned([
    ...(gateway === undefined ? [] : gatewayRows(stack, topology.gateways, gateway)),
    ...(commander === undefined
      ? []
      : [
          ["Commander", commander.url],
          ["", `log in as ${commander.user}; the password: ${password}`],
        ]),
    ...(metricsUrl === undefined ? [] : metricsRows(stack, metricsUrl)),
    ["Clients", `the environment of an application: npm run env -- --stack ${stack}`],
    ["Checks", `once more, at any time: npm run verify -- --stack ${stack}`],
  ]);
}

function gatewayRows(stack: string, gateways: readonly GatewayPlan[], access: GatewayAccess): readonly Row[] {
  const password = `npm run pulumi -- stack output gateway --show-secrets --stack ${stack}`;
  return [
    [
      "Gateway",
      `${published(gateways)} to the master, ${published(gateways.map(({ reads }) => reads))} to replicas in sync`,
    ],
    ["", `statistics: ${access.gateways.map(({ statisticsUrl }) => statisticsUrl).join(", ")}`],
    ["", `log in as ${access.user}; the password: ${password}`],
  ];
}

function published(listeners: readonly Listener[]): string {
  return listeners.map((listener) => formatEndpoint(listener.published)).join(", ");
}

/** The exporter's own page says nothing of Redis: each node is asked for by its address. */
function metricsRows(stack: string, url: string): readonly Row[] {
  const all = `npm run pulumi -- stack output metrics --stack ${stack}`;
  return [
    ["Metrics", `${new URL("/scrape?target=redis://", url)}ADDRESS`],
    ["", `of the node with that address; the URLs of all: ${all}`],
  ];
}

function describeSize({ size }: NodePlan): string {
  const disk = size.disk === 0 ? "" : `, ${formatBytes(size.disk)} disk`;
  return `${size.cpus} CPU, ${formatBytes(size.memory)} memory${disk}`;
}

/** Columns as wide as their widest cell, two spaces apart. */
function aligned(rows: readonly Row[]): readonly string[] {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}
