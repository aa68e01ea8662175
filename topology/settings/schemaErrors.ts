import type { z } from "zod";
import { nearestPath } from "./didYouMean.ts";
import type { Problem } from "./problem.ts";
import { settingEntries } from "./reference.ts";
import { passwordCharacters } from "./settingTypes.ts";

/**
 * The problems that the schema finds: unknown keys, wrong types, wrong units and values out of range. Values are quoted
 * as written, except values that could be secrets.
 */
export function schemaProblems(error: z.ZodError, input: unknown): readonly Problem[] {
  const known = settingEntries().map((entry) => entry.path);
  return error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => unknownKey([...issue.path, key].join("."), key, known))
      : [wrongValue(issue, input)],
  );
}

/**
 * The configuration without the invalid keys. An invalid directive stays in it with a placeholder as its argument, so
 * that the rules still check its name.
 */
export function withoutFaults(error: z.ZodError, input: unknown): unknown {
  return error.issues
    .flatMap((issue) =>
      issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path],
    )
    .reduce((value, path) => (isDirective(path) ? withKey(value, path, "") : withoutKey(value, path)), input);
}

function isDirective(path: readonly PropertyKey[]): boolean {
  return path.length === 3 && path[0] === "redis" && path[1] === "directives";
}

/** Paths of the settings whose values are never printed. */
export const secretPaths: readonly string[] = [
  "password",
  "gateway.password",
  "exporter.password",
  "commander.password",
];

function unknownKey(path: string, key: string, known: readonly string[]): Problem {
  const nearest = nearestPath(path, known);
  return {
    path,
    got: "an unknown key",
    ...(nearest === undefined
      ? { expected: `one of ${siblingKeys(path.slice(0, -key.length), known).join(", ")}` }
      : { expected: "a known one", advice: adviceForUnknownKey(path, key, nearest) }),
  };
}

function siblingKeys(parent: string, known: readonly string[]): readonly string[] {
  const siblings = known.filter((path) => path.startsWith(parent)).map((path) => path.slice(parent.length));
  return [...new Set(siblings.map((path) => path.split(".")[0] ?? path))];
}

function adviceForUnknownKey(path: string, key: string, nearest: string): string {
  if (path !== nearest) {
    return `did you mean ${nearest}?`;
  }
  return key.includes(".")
    ? `the key belongs inside an object: remove it and run \`pulumi config set --path '${path}' VALUE\``
    : "a secret is not a setting: pass it to the component as a separate argument";
}

function wrongValue(issue: z.core.$ZodIssue, input: unknown): Problem {
  const path = issue.path.join(".");
  const value = issue.path.reduce(valueAt, input);
  const isSecret = secretPaths.includes(path);
  // A text in place of an object may contain a secret, and so may the argument of a directive.
  const isHidden = isSecret || issue.code === "invalid_type" || path.startsWith("redis.directives.");
  return {
    path: path === "" ? "settings" : path,
    got: `${isHidden ? withoutContent(value) : asWritten(value)}${isSecret ? forbiddenCharacters(value) : ""}`,
    expected: issue.message,
    ...(isSecret ? { advice: "leave it out, and a password is generated" } : {}),
  };
}

function valueAt(value: unknown, key: PropertyKey): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function asWritten(value: unknown): string {
  if (typeof value === "string") {
    const text = value.length > 60 ? `${value.slice(0, 60)}…` : value;
    return /^[\w.:/+%-]+…?$/.test(text) ? text : JSON.stringify(text);
  }
  return typeof value === "number" || typeof value === "boolean" ? String(value) : withoutContent(value);
}

function withoutContent(value: unknown): string {
  if (value === undefined || value === null) {
    return "nothing";
  }
  if (typeof value === "string") {
    return `a text of ${value.length} characters`;
  }
  if (Array.isArray(value)) {
    return "a list";
  }
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function forbiddenCharacters(value: unknown): string {
  const count = typeof value === "string" ? value.replaceAll(passwordCharacters, "").length : 0;
  return count === 0 ? "" : `, ${count} of them not allowed`;
}

function withoutKey(value: unknown, path: readonly PropertyKey[]): unknown {
  const [key, ...rest] = path;
  if (key === undefined || !isObject(value)) {
    return {};
  }
  const { [key]: inner, ...others } = value;
  return rest.length === 0 ? others : { ...others, [key]: withoutKey(inner, rest) };
}

function withKey(value: unknown, [key, ...rest]: readonly PropertyKey[], replacement: unknown): unknown {
  return key === undefined
    ? replacement
    : { ...(isObject(value) ? value : {}), [key]: withKey(valueAt(value, key), rest, replacement) };
}

function isObject(value: unknown): value is Readonly<Record<PropertyKey, unknown>> {
  return typeof value === "object" && value !== null;
}
