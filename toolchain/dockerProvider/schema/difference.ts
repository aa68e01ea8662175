import { defaultsKey, isList, isObject, unknown, type Value, type Values } from "../values.ts";
import { covers, memberPath } from "./path.ts";
import { planned } from "./planned.ts";
import { isZero, sameMembers, withoutZeros } from "./sameness.ts";
import type { ListProperty, Property, Schema } from "./schema.ts";
import { compareWords } from "./words.ts";

/** A difference between the state and the inputs. */
export interface Change {
  readonly kind: "add" | "delete" | "update";
  /** True if the change requires a replacement of the resource. */
  readonly replaces: boolean;
}

/** Differences by property path, such as `ports[0].external`. */
export type Changes = ReadonlyMap<string, Change>;

/**
 * Compares the last known state of a resource with its inputs. An absent input stands for the zero value of the
 * property, or, for a property that Docker decides, for the value that Docker chose. Changes below a path in `ignored`
 * do not count.
 */
export function difference(schema: Schema, state: Values, inputs: Values, ignored: readonly string[] = []): Changes {
  const changes = new Map<string, Change>();
  const wanted = planned(schema, state, inputs);
  for (const [name, property] of Object.entries(schema.inputs)) {
    for (const [path, kind] of compare(property, state[name] ?? null, wanted[name] ?? null, name)) {
      if (!ignored.some((pattern) => covers(pattern, path))) {
        changes.set(path, { kind, replaces: property.replaces === true });
      }
    }
  }
  return changes;
}

type Difference = readonly [path: string, kind: Change["kind"]];

function compare(property: Property, before: Value, after: Value, path: string): Difference[] {
  if (after === unknown) {
    return [[path, before === null ? "add" : "update"]];
  }
  if (withoutZeros(property, before) === null && withoutZeros(property, after) === null) {
    return [];
  }
  if (before === null || isEmpty(before)) {
    return [[path, "add"]];
  }
  if (property.kind === "map" && isObject(before)) {
    return compareMaps(before, isObject(after) ? after : {}, path);
  }
  if (after === null) {
    return [[path, "delete"]];
  }
  return comparePresent(property, before, after, path);
}

function comparePresent(property: Property, before: Value, after: Value, path: string): Difference[] {
  if (property.kind === "object" && isObject(before) && isObject(after)) {
    return Object.entries(property.fields).flatMap(([name, field]) =>
      compare(field, before[name] ?? null, after[name] ?? null, `${path}.${name}`),
    );
  }
  if (property.kind === "list" && isList(before) && isList(after)) {
    return compareLists(property, before, after, path);
  }
  if (property.kind === "set" && isList(before) && isList(after)) {
    return compareSets(property.of, before, after, path);
  }
  return before === after ? [] : [[path, "update"]];
}

function compareMaps(before: Values, after: Values, path: string): Difference[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((key) => key !== defaultsKey)
    .sort();
  return keys.flatMap((key): Difference[] => {
    const at = memberPath(path, key);
    if (before[key] === undefined) {
      return [[at, "add"]];
    }
    if (after[key] === undefined) {
      return [[at, "delete"]];
    }
    return before[key] === after[key] ? [] : [[at, "update"]];
  });
}

function compareLists(
  property: ListProperty,
  before: readonly Value[],
  after: readonly Value[],
  path: string,
): Difference[] {
  if (property.dockerOrder && sameMembers(property.of, before, after)) {
    return [];
  }
  if (property.of.kind !== "object") {
    return compareWords(before, after).map(([index, kind]) => [`${path}[${index}]`, kind]);
  }
  return Array.from({ length: Math.max(before.length, after.length) }).flatMap((_, index) =>
    compare(property.of, before[index] ?? null, after[index] ?? null, `${path}[${index}]`),
  );
}

/** Returns removed and added members by their index. An index with a removed and an added member counts as changed. */
function compareSets(of: Property, before: readonly Value[], after: readonly Value[], path: string): Difference[] {
  const removed = before.map((value) => !after.some((other) => sameMembers(of, [value], [other])));
  const added = after.map((value) => !before.some((other) => sameMembers(of, [value], [other])));
  return Array.from({ length: Math.max(removed.length, added.length) }).flatMap((_, index) =>
    compare(
      of,
      removed[index] ? (before[index] ?? null) : null,
      added[index] ? (after[index] ?? null) : null,
      `${path}[${index}]`,
    ),
  );
}

function isEmpty(value: Value): boolean {
  return (isList(value) || isObject(value)) && isZero(value);
}
