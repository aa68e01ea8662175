import { defaultsKey, isList, isObject, type Value } from "../values.ts";
import type { Property } from "./schema.ts";

/** Whether a value says nothing. Docker reports such a value where nothing was set, so both are the same. */
export function isZero(value: Value | undefined): boolean {
  if (value === undefined || value === null || value === "" || value === 0 || value === false) {
    return true;
  }
  if (isList(value)) {
    return value.length === 0;
  }
  return isObject(value) && Object.keys(value).every((name) => name === defaultsKey);
}

/** A value without the fields that say nothing; null when nothing is left. In a map the empty string says something. */
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

/** Whether two lists have the same members, in whatever order and however often. */
export function sameMembers(of: Property, some: readonly Value[], others: readonly Value[]): boolean {
  const someTexts = new Set(some.map((member) => fingerprint(withoutZeros(of, member))));
  const otherTexts = new Set(others.map((member) => fingerprint(withoutZeros(of, member))));
  return someTexts.size === otherTexts.size && [...someTexts].every((text) => otherTexts.has(text));
}

function withoutZerosOf(property: Property, name: string, member: Value): Value {
  const field = property.kind === "object" ? property.fields[name] : undefined;
  return field === undefined ? member : withoutZeros(field, member);
}

/** A text that two values share when they are the same; lists within are compared without regard to order. */
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
