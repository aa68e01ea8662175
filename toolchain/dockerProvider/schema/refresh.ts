import { defaultsKey, isList, isObject, type Value, type Values } from "../values.ts";
import { difference } from "./difference.ts";
import { topLevel } from "./path.ts";
import { isZero } from "./sameness.ts";
import type { Fields, Property, Schema } from "./schema.ts";

/**
 * Returns the inputs that match a refreshed state: the old inputs, with drifted values replaced by those of the state.
 */
export function refreshedInputs(schema: Schema, inputs: Values, state: Values): Values {
  const drifted = new Set([...difference(schema, state, inputs).keys()].map(topLevel));
  const kept = Object.entries(inputs).flatMap(([name, value]): [string, Value][] => {
    if (!drifted.has(name)) {
      return [[name, value]];
    }
    return isZero(state[name]) && typeof value !== "boolean" ? [] : [[name, state[name] ?? null]];
  });
  const defaults = inputs[defaultsKey];
  return {
    ...Object.fromEntries(kept),
    // A value that differs from its default is no longer listed as a default.
    ...(isList(defaults) ? { [defaultsKey]: defaults.filter((name) => !drifted.has(String(name))) } : {}),
  };
}

/** Returns the inputs that match an imported state: all values that are neither zero nor a default. */
export function importedInputs(schema: Schema, state: Values): Values {
  return { ...nonDefaultFields(schema.inputs, state), [defaultsKey]: [] };
}

/** Returns the defaults of a resource. An import starts from this state. */
export function defaultState(schema: Schema): Values {
  return Object.fromEntries(
    Object.entries(schema.inputs).flatMap(([name, property]) =>
      "default" in property && property.default !== undefined ? [[name, property.default]] : [],
    ),
  );
}

function nonDefaultFields(fields: Fields, state: Values): Values {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, property]): [string, Value][] => {
      const value = nonDefault(property, state[name] ?? null);
      return value === null && !property.required ? [] : [[name, value]];
    }),
  );
}

function nonDefault(property: Property, value: Value): Value {
  if ("default" in property && property.default !== undefined) {
    return value === property.default ? null : value;
  }
  if (isZero(value)) {
    return null;
  }
  if (property.kind === "object" && isObject(value)) {
    return nonDefaultFields(property.fields, value);
  }
  if ((property.kind === "list" || property.kind === "set") && isList(value)) {
    return value.map((member) => nonDefault(property.of, member));
  }
  return value;
}
