import { styleText } from "node:util";
import { adapterOf } from "../../hosts/targets.ts";
import { targetOf } from "../../redis/target.ts";
import { accessTo } from "../../rollout/setAccess.ts";
import { formatEndpoint } from "../../topology/endpoint.ts";
import type { DeployedSet } from "../../topology/outputs.ts";
import { formatBytes } from "../../topology/settings/quantities.ts";
import type { NodePlan } from "../../topology/topology.ts";
import { describeAccess } from "./access.ts";
import { aligned } from "./columns.ts";
import { readDeployedSet } from "./deployedSet.ts";
import { type LiveRole, liveRoles } from "./liveRoles.ts";

/**
 * Prints every node with its current role and address, and how to connect to the set.
 *
 * @param environment the prepared environment
 */
export async function printSummary(stack: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const set = await readDeployedSet(stack, environment);
  const roles = await liveRoles(targetOf(set), await accessTo(set.topology));
  const [title = "", ...lines] = describeSet(stack, set, roles);
  console.log(`\n${styleText("bold", title)}\n${lines.join("\n")}`);
}

/** Formats the summary line by line. It contains no secret. */
export function describeSet(
  stack: string,
  set: DeployedSet,
  roles: ReadonlyMap<string, LiveRole>,
): readonly [title: string, ...lines: string[]] {
  const { masterName, host } = set.topology;
  const place = adapterOf(host).describePlace(host);
  return [
    `Stack ${stack}: Redis ${masterName}${place}`,
    "",
    ...indented(nodeTable(set, roles)),
    "",
    ...indented(describeAccess(stack, set)),
  ];
}

function nodeTable({ topology }: DeployedSet, roles: ReadonlyMap<string, LiveRole>): readonly string[] {
  const { dataNodes, sentinels, gateways, exporter, commander, loginProxy, host } = topology;
  const { publishesPorts } = adapterOf(host);
  const where = ({ endpoint, published }: NodePlan) =>
    publishesPorts
      ? [formatEndpoint(endpoint), published === endpoint ? "-" : formatEndpoint(published)]
      : [formatEndpoint(endpoint)];
  const row = (node: NodePlan, role: string) => [node.name, role, ...where(node), describeSize(node)];
  return aligned([
    ["NODE", "ROLE", "ADDRESS", ...(publishesPorts ? ["PUBLISHED"] : []), "SIZE"],
    ...[...dataNodes, ...sentinels].map((node) => row(node, roles.get(node.name) ?? "no answer")),
    ...gateways.map((gateway) => row(gateway, "gateway")),
    ...(exporter === undefined ? [] : [row(exporter, "metrics")]),
    ...(commander === undefined ? [] : [row(commander, "web page")]),
    ...(loginProxy === undefined ? [] : [row(loginProxy, "login")]),
  ]);
}

function describeSize({ size }: NodePlan): string {
  const disk = size.disk === 0 ? "" : `, ${formatBytes(size.disk)} disk`;
  return `${size.cpus} CPU, ${formatBytes(size.memory)} memory${disk}`;
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => (line === "" ? "" : `  ${line}`));
}
