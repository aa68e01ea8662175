import type { Fields, ValuesOf } from "../schema/schema.ts";
import type { Value } from "../values.ts";

/** A label in the form of @pulumi/docker: an object with name and value. */
export const labelFields = {
  label: { kind: "string", required: true },
  value: { kind: "string", required: true },
} as const satisfies Fields;

/** Converts labels to the form of Docker. */
export function labelObject(labels: readonly ValuesOf<typeof labelFields>[]): Record<string, string> {
  return Object.fromEntries(labels.map(({ label, value }) => [label, value]));
}

/** Converts labels to the form of @pulumi/docker. */
export function labelState(labels: Readonly<Record<string, string>> | null | undefined): Value {
  return Object.entries(labels ?? {}).map(([label, value]) => ({ label, value }));
}
