import type { AccessEntry } from "../../hosts/access.ts";
import { adapterOf } from "../../hosts/targets.ts";
import type { DeployedSet } from "../../topology/outputs.ts";
import { aligned, type Row } from "./columns.ts";

/** Describes line by line how to connect to a set, and the next commands for its stack. */
export function describeAccess(stack: string, set: DeployedSet): readonly string[] {
  const { table, entries } = adapterOf(set.topology.host).describeAccess(set);
  const nextSteps = [
    ["Clients", `the environment of an application: npm run env -- --stack ${stack}`],
    ["Checks", `repeat them at any time: npm run verify -- --stack ${stack}`],
  ];
  return [
    ...(table.length === 0 ? [] : [...aligned(table), ""]),
    ...aligned([...entries.flatMap((entry) => rowsOf(stack, entry)), ...nextSteps]),
  ];
}

function rowsOf(stack: string, { label, text, login }: AccessEntry): readonly Row[] {
  if (login === undefined) {
    return [[label, text]];
  }
  const password = `npm run pulumi -- stack output ${login.output} --show-secrets --stack ${stack}`;
  return [
    [label, text],
    ["", `log in as ${login.user}; the password: ${password}`],
  ];
}
