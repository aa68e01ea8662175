import { crc32 } from "node:zlib";
import { isList, isObject, type Value, type Values } from "../values.ts";
import type { Fields, Property } from "./schema.ts";

/**
 * Returns the members of a set in the order of the official plugin, which `docker inspect` shows. They are sorted by
 * the CRC-32 of a text form of each member. The checksums are compared as decimal text. Duplicates are dropped.
 */
export function setOrder<T extends Value>(of: Property, members: readonly T[]): T[] {
  const byCode = new Map(members.map((value) => [code(of, value), value]));
  return [...byCode.keys()].sort().map((key) => byCode.get(key) as T);
}

function code(of: Property, value: Value): string {
  const text = of.kind === "object" ? objectText(of.fields, isObject(value) ? value : {}) : String(value);
  return String(crc32(text));
}

function objectText(fields: Fields, value: Values): string {
  return Object.entries(fields)
    .map(([name, property]) => ({ name: snakeCase(name), text: text(property, value[name] ?? null) }))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .map((field) => `${field.name}:${field.text}`)
    .join("");
}

function text(property: Property, value: Value): string {
  switch (property.kind) {
    case "string":
      return `${typeof value === "string" ? value : ""};`;
    case "integer":
      return `${typeof value === "number" ? value : 0};`;
    case "boolean":
      return `${value === true ? 1 : 0};`;
    case "map":
      return `[${isObject(value) ? mapText(value) : ""}];`;
    case "list":
      return `(${isList(value) ? value.map((member) => memberText(property.of, member)).join("") : ""});`;
    case "set":
      return `{${
        isList(value)
          ? setOrder<Value>(property.of, value)
              .map((member) => memberText(property.of, member))
              .join("")
          : ""
      }};`;
    case "object":
      return `(${value === null ? "" : memberText(property, value)});`;
  }
}

function memberText(of: Property, value: Value): string {
  return of.kind === "object" ? `<${objectText(of.fields, isObject(value) ? value : {})}>;` : text(of, value);
}

function mapText(value: Values): string {
  return Object.keys(value)
    .filter((key) => !key.startsWith("__"))
    .sort()
    .map((key) => `${key}:${String(value[key])};`)
    .join("");
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z0-9]+/g, (part) => (/\d/.test(part) ? part : `_${part.toLowerCase()}`));
}
