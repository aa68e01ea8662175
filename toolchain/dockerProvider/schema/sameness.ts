import { defaultsKey, isList, isObject, type Value } from "../values.ts";
import type { Property } from "./schema.ts";

/**
 * True if a value is zero or empty. Docker reports such a value for a field that was not set, so both are equivalent.
 */
export function isZero(value: Value | undefined): boolean {
  if (value === undefined || value === null || value === "" || value === 0 || value === false) {
    return true;
  }
  if (isList(value)) {
    return value.length === 0;
  }
  return isObject(value) && Object.keys(value).every((name) => name === defaultsKey);
}

/** Removes zero fields from a value; returns null if no field is left. In a map, the empty string is kept. */
export function withoutZeros(property: Property, value: Value): Value {
  if (isZero(value)) {
    return null;
  }
  if ((property.kind === "list" || property.kind === "set") && isList(value)) {
    return value.map((member) => withoutZeros(property.of, member));
  }
  if (!isObject(value)) {
    return value;
  }
  const members = Object.entries(value)
    .filter(([name]) => name !== defaultsKey)
    .map(([name, member]) => [name, withoutZerosOf(property, name, member)] as const)
    .filter(([, member]) => member !== null);
  return members.length === 0 ? null : Object.fromEntries(members);
}

/** True if two lists have the same members. Neither order nor repetition counts. */
export function sameMembers(of: Property, some: readonly Value[], others: readonly Value[]): boolean {
  const someTexts = new Set(some.map((member) => fingerprint(withoutZeros(of, member))));
  const otherTexts = new Set(others.map((member) => fingerprint(withoutZeros(of, member))));
  return someTexts.size === otherTexts.size && [...someTexts].every((text) => otherTexts.has(text));
}

function withoutZerosOf(property: Property, name: string, member: Value): Value {
  const field = property.kind === "object" ? property.fields[name] : undefined;
  return field === undefined ? member : withoutZeros(field, member);
}

/** Returns a text that is the same for two equal values. The order of nested lists does not count. */
function fingerprint(value: Value): string {
  if (isList(value)) {
    return `[${value.map(fingerprint).sort().join()}]`;
  }
  if (isObject(value)) {
    const names = Object.keys(value).sort();
    return `{${names.map((name) => `${JSON.stringify(name)}:${fingerprint(value[name] ?? null)}`).join()}}`;
  }
  return typeof value === "symbol" ? "unknown" : JSON.stringify(value);
}
