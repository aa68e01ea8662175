import { createHash, randomBytes } from "node:crypto";
import { defaultsKey, isList, isObject, unknown, type Value, type Values } from "../values.ts";
import { topLevel } from "./path.ts";
import type { Fields, ListProperty, Property, Schema, SetProperty } from "./schema.ts";

/** A problem with an input. */
export interface Failure {
  /** The name of the input, such as `ports`. */
  readonly property: string;
  /** A message with the path, the given value and the expected value. */
  readonly reason: string;
}

export interface Checked {
  /** The inputs with every default filled in. */
  readonly inputs: Values;
  readonly failures: readonly Failure[];
}

/** The source of a generated name. */
export interface Naming {
  /** The resource's name in the program. */
  readonly resource: string;
  /** The name from the engine's naming configuration; null if the configuration forbids generated names. */
  readonly proposed?: string | null | undefined;
  /** Makes the generated name the same in every step of one update. */
  readonly seed: Uint8Array;
}

/**
 * Checks the inputs of a resource, reports all problems at once, and fills in the defaults that are not zero. The names
 * of inputs with a default are listed in `__defaults`. A later check uses the list to distinguish a generated name from
 * a given one.
 */
export function checkInputs(schema: Schema, before: Values, given: Values, naming: Naming): Checked {
  const failures: Failure[] = [];
  const known: Record<string, Value> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === null || name.startsWith("__")) {
      continue;
    }
    const refused = schema.refused[name];
    if (refused !== undefined) {
      failures.push({ property: name, reason: `${name} is not implemented by this Docker plugin: ${refused}` });
    } else {
      known[name] = value;
    }
  }
  const { value, defaults } = fields(schema.inputs, known, "", (path, reason) => {
    failures.push({ property: topLevel(path), reason: `${path} ${reason}` });
  });
  if (schema.named && value["name"] === undefined) {
    value["name"] = before["name"] ?? (naming.proposed === undefined ? generatedName(naming) : naming.proposed);
    defaults.push("name");
    if (value["name"] === null) {
      failures.push({
        property: "name",
        reason: "name is missing; the naming configuration of the engine forbids generated names",
      });
    }
  }
  return { inputs: { ...value, [defaultsKey]: defaults.sort() }, failures };
}

type Report = (path: string, reason: string) => void;

function fields(
  shape: Fields,
  given: Values,
  path: string,
  report: Report,
): { value: Record<string, Value>; defaults: string[] } {
  const value: Record<string, Value> = {};
  const defaults: string[] = [];
  for (const name of Object.keys(given)) {
    if (shape[name] === undefined && !name.startsWith("__")) {
      report(`${path}${name}`, "is not an input of this resource");
    }
  }
  for (const [name, property] of Object.entries(shape)) {
    const member = given[name] ?? null;
    if (member !== null) {
      value[name] = checked(property, member, `${path}${name}`, report);
    } else if ("default" in property && property.default) {
      value[name] = property.default;
      defaults.push(name);
    } else if (property.required) {
      report(`${path}${name}`, `is missing; expected ${expectation(property)}`);
    }
  }
  return { value, defaults };
}

function checked(property: Property, value: Value, path: string, report: Report): Value {
  if (value === unknown) {
    return value;
  }
  switch (property.kind) {
    case "string":
      if (typeof value === "string") {
        reportProblem(property.problem?.(value));
      } else {
        reportType();
      }
      return value;
    case "integer":
      if (typeof value === "number" && Number.isSafeInteger(value)) {
        reportProblem(property.problem?.(value));
      } else {
        reportType();
      }
      return value;
    case "boolean":
      if (typeof value === "boolean") {
        reportProblem(property.problem?.(value));
      } else {
        reportType();
      }
      return value;
    case "map":
      if (isObject(value)) {
        return strings(value, path, report);
      }
      reportType();
      return value;
    case "list":
    case "set":
      if (isList(value)) {
        return members(property, value, path, report);
      }
      reportType();
      return value;
    case "object": {
      if (!isObject(value)) {
        reportType();
        return value;
      }
      const filled = fields(property.fields, value, `${path}.`, report);
      return { ...filled.value, [defaultsKey]: filled.defaults.sort() };
    }
  }

  function reportType(): void {
    report(path, `is ${describe(value)}; expected ${expectation(property)}`);
  }

  function reportProblem(problem: string | undefined): void {
    if (problem === undefined) {
      return;
    }
    const shown = property.kind === "string" && property.hidden ? "not valid" : JSON.stringify(value);
    report(path, `is ${shown}; expected ${problem}`);
  }
}

function members(property: ListProperty | SetProperty, value: readonly Value[], path: string, report: Report): Value {
  let valid = true;
  const result = value.map((member, index) =>
    checked(property.of, member, `${path}[${index}]`, (at, reason) => {
      valid = false;
      report(at, reason);
    }),
  );
  if (valid && property.kind === "set" && !value.includes(unknown)) {
    // The check of each member has just proved that the members have the type of the parameter.
    const problem = property.membersProblem?.(result as unknown[] as never[]);
    if (problem !== undefined) {
      report(path, problem);
    }
  }
  return result;
}

function strings(value: Values, path: string, report: Report): Values {
  for (const [key, member] of Object.entries(value)) {
    if (typeof member !== "string" && member !== unknown) {
      report(`${path}[${JSON.stringify(key)}]`, `is ${describe(member)}; expected a string`);
    }
  }
  return value;
}

function expectation(property: Property): string {
  switch (property.kind) {
    case "string":
      return "a string";
    case "integer":
      return "a whole number";
    case "boolean":
      return "true or false";
    case "map":
      return "an object of strings";
    case "list":
    case "set":
      return "a list";
    case "object":
      return "an object";
  }
}

/** Describes the type of a value. Does not show the value, which may be a secret. */
function describe(value: Value): string {
  if (value === null) {
    return "nothing";
  }
  if (isList(value)) {
    return "a list";
  }
  if (isObject(value)) {
    return "an object";
  }
  return `a ${typeof value}`;
}

function generatedName(naming: Naming): string {
  const source = naming.seed.length === 0 ? randomBytes(16) : naming.seed;
  return `${naming.resource}-${createHash("sha256").update(source).digest("hex").slice(0, 7)}`;
}
