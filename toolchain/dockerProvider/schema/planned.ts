import { defaultsKey, isList, isObject, type Value, type Values } from "../values.ts";
import { withoutZeros } from "./sameness.ts";
import type { Fields, ListProperty, Property, Schema } from "./schema.ts";

/**
 * Returns the state after a change in place. It contains the inputs. If an input is absent, the last known value stays
 * if Docker decides the property, or if the value is equivalent to an absent input.
 */
export function planned(schema: Schema, state: Values, inputs: Values): Values {
  const wanted: Record<string, Value> = {};
  for (const [name, property] of Object.entries(schema.inputs)) {
    wanted[name] = plannedValue(property, state[name] ?? null, inputs[name] ?? null);
  }
  for (const name of schema.outputs) {
    wanted[name] = state[name] ?? null;
  }
  return wanted;
}

function plannedValue(property: Property, before: Value, input: Value): Value {
  if (input === null || (input === "" && isUnsetByEmpty(property))) {
    return staysWhenAbsent(property, before) ? before : defaultOf(property);
  }
  if (isObject(input)) {
    return property.kind === "object" ? plannedFields(property.fields, before, input) : input;
  }
  if (!isList(input)) {
    return input;
  }
  if (property.kind === "list") {
    return plannedMembers(property, before, input);
  }
  return property.kind === "set" ? input.map((member) => plannedValue(property.of, null, member)) : input;
}

function staysWhenAbsent(property: Property, before: Value): boolean {
  return property.computed || isUnsetByEmpty(property) || withoutZeros(property, before) === null;
}

function isUnsetByEmpty(property: Property): boolean {
  return property.kind === "string" && property.emptyIsUnset === true;
}

function plannedFields(fields: Fields, before: Value, input: Values): Values {
  const known = isObject(before) ? before : {};
  const wanted: Record<string, Value> = {};
  for (const [name, property] of Object.entries(fields)) {
    const value = plannedValue(property, known[name] ?? null, input[name] ?? null);
    if (value !== null) {
      wanted[name] = value;
    }
  }
  return wanted;
}

/** Plans the members of a list. Each member keeps the values that Docker chose for its counterpart in the old state. */
function plannedMembers(property: ListProperty, before: Value, input: readonly Value[]): Value {
  const known = isList(before) ? before : [];
  return input.map((member, index) => {
    const counterpart = property.dockerOrder ? known.find((other) => isPartOf(member, other)) : known[index];
    return plannedValue(property.of, counterpart ?? null, member);
  });
}

function defaultOf(property: Property): Value {
  return "default" in property ? (property.default ?? null) : null;
}

/** True if the second object has every value of the first. */
function isPartOf(part: Value, whole: Value): boolean {
  if (!isObject(part) || !isObject(whole)) {
    return false;
  }
  return Object.entries(part).every(([name, value]) => name === defaultsKey || value === null || whole[name] === value);
}
