import { defaultsKey, isList, isObject, type Value, type Values } from "../values.ts";
import { difference } from "./difference.ts";
import { topLevel } from "./path.ts";
import { isZero } from "./sameness.ts";
import type { Fields, Property, Schema } from "./schema.ts";

/** The inputs that a refreshed state stands for: those known, with what has drifted taken from the state. */
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
    // What differs from its default is no default any more.
    ...(isList(defaults) ? { [defaultsKey]: defaults.filter((name) => !drifted.has(String(name))) } : {}),
  };
}

/** The inputs that an imported state stands for: all that says something and is no default. */
export function importedInputs(schema: Schema, state: Values): Values {
  return { ...statedFields(schema.inputs, state), [defaultsKey]: [] };
}

/** The defaults of a resource, which are what an imported one is taken to be handled with. */
export function defaultState(schema: Schema): Values {
  return Object.fromEntries(
    Object.entries(schema.inputs).flatMap(([name, property]) =>
      "default" in property && property.default !== undefined ? [[name, property.default]] : [],
    ),
  );
}

function statedFields(fields: Fields, state: Values): Values {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, property]): [string, Value][] => {
      const value = stated(property, state[name] ?? null);
      return value === null && !property.required ? [] : [[name, value]];
    }),
  );
}

function stated(property: Property, value: Value): Value {
  if ("default" in property && property.default !== undefined) {
    return value === property.default ? null : value;
  }
  if (isZero(value)) {
    return null;
  }
  if (property.kind === "object" && isObject(value)) {
    return statedFields(property.fields, value);
  }
  if ((property.kind === "list" || property.kind === "set") && isList(value)) {
    return value.map((member) => stated(property.of, member));
  }
  return value;
}
