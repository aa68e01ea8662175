import { FAILSAFE_SCHEMA, load, Type } from "js-yaml";
import type { Problem } from "./problem.ts";
import { isRecord } from "./record.ts";
import { secretPaths } from "./schemaErrors.ts";

/**
 * Finds numbers in a stack's file that Pulumi reads differently from how they are written. Pulumi follows YAML 1.1: it
 * reads `010` as 8, `0x10` as 16, `1_0` as 10 and `1e1` as 10. The configuration that Pulumi passes to a program
 * contains only the result.
 *
 * @param file the text of `Pulumi.<stack>.yaml`. If it is not valid YAML, no problem is reported: Pulumi refuses the
 *   file
 * @param raw Pulumi's configuration. A value that equals its written form is accepted
 * @param project the namespace of this project's keys
 */
export function misreadNumbers(
  file: string,
  raw: Readonly<Record<string, string>>,
  project: string,
): readonly Problem[] {
  // Parsing takes time at every update, and almost no file contains such a number.
  if (!misreadForm.test(file)) {
    return [];
  }
  const config = parsed(file)?.["config"];
  return isRecord(config)
    ? Object.entries(config).flatMap(([key, value]) =>
        key.startsWith(`${project}:`) && raw[key] !== undefined
          ? problemsIn(key.slice(project.length + 1), value, raw[key])
          : [],
      )
    : [];
}

/** A plain (unquoted) scalar that YAML 1.1 reads as another number. */
class PlainNumber {
  readonly written: string;

  constructor(written: string) {
    this.written = written;
  }
}

const form = /^[-+]?(?:0[0-9_]+|0[xob][0-9a-f_]+|\d+(?:_\d+)+|\d[\d_.]*e[-+]?\d+)$/i;
const misreadForm = /[\s:,[{][-+]?(?:0[0-9_xob]|\d+_|[\d.]+e[-+]?\d)/i;

// Implicit types apply only to plain scalars, so a quoted "010" stays a text.
const schema = FAILSAFE_SCHEMA.extend({
  implicit: [
    new Type("tag:redis-ha,2026:misread-number", {
      kind: "scalar",
      resolve: (text: unknown) => typeof text === "string" && form.test(text),
      construct: (text: string) => new PlainNumber(text),
    }),
  ],
});

function parsed(file: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const content = load(file, { schema });
    return isRecord(content) ? content : undefined;
  } catch {
    return undefined;
  }
}

/** @param read the whole setting as Pulumi passes it: a text, or an object or list as JSON */
function problemsIn(path: string, value: unknown, read: string): readonly Problem[] {
  if (value instanceof PlainNumber) {
    return read === value.written ? [] : [problem(path, value.written)];
  }
  if (typeof value !== "object" || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([key, inner]) => problemsIn(`${path}.${key}`, inner, readValueOf(read, key)));
}

function readValueOf(read: string, key: string): string {
  try {
    const value = (JSON.parse(read) as Readonly<Record<string, unknown>> | null)?.[key];
    return typeof value === "object" ? JSON.stringify(value) : String(value);
  } catch {
    return "";
  }
}

/** The number as YAML 1.1 reads it: octal if it begins with 0 and has only digits up to 7. */
function asYaml11(written: string): string {
  const [, sign = "", digits = ""] = /^([-+]?)(.*)$/.exec(written.replaceAll("_", "")) ?? [];
  const value = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return String(sign === "-" ? -value : value);
}

function problem(path: string, written: string): Problem {
  return secretPaths.includes(path)
    ? { path, got: "an unquoted number", expected: "a text in quotes", advice: "YAML reads it as another number" }
    : {
        path,
        got: `${written}, which YAML reads as ${asYaml11(written)}`,
        expected: "a number without leading zeros, prefix, underscores or exponent, or a text in quotes",
      };
}
