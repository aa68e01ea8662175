import type { Fields, ValuesOf } from "../schema/schema.ts";
import type { Value } from "../values.ts";

/** A label, the way @pulumi/docker has it: an object of name and value. */
export const labelFields = {
  label: { kind: "string", required: true },
  value: { kind: "string", required: true },
} as const satisfies Fields;

/** Labels the way Docker has them. */
export function labelObject(labels: readonly ValuesOf<typeof labelFields>[]): Record<string, string> {
  return Object.fromEntries(labels.map(({ label, value }) => [label, value]));
}

/** Labels the way @pulumi/docker has them. */
export function labelState(labels: Readonly<Record<string, string>> | null | undefined): Value {
  return Object.entries(labels ?? {}).map(([label, value]) => ({ label, value }));
}
