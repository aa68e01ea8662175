import { z } from "zod";
import { type Effect, effects } from "./changeEffects.ts";
import { stackSchema } from "./schema.ts";

/** One setting as the schema documents it. */
export interface SettingEntry {
  /** `sentinels.quorum` */
  readonly path: string;
  /** What it accepts. */
  readonly accepts: string;
  /** Its default as one would write it, or where its value comes from. */
  readonly default: string;
  readonly meaning: string;
  readonly effect: Effect;
}

/** The table of all settings, in Markdown, generated from the schema. */
export function configurationReference(): string {
  const rows = settingEntries().map((entry) =>
    [`\`${entry.path}\``, entry.accepts, entry.default, entry.meaning, effects[entry.effect]].map(escapeCell),
  );
  const head = ["key", "accepts", "default", "meaning", "a change"];
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

/** Every setting of a stack, in the order of the schema. */
export function settingEntries(): readonly SettingEntry[] {
  return entriesOf(stackSchema, "");
}

function entriesOf(schema: z.core.$ZodType, path: string): readonly SettingEntry[] {
  const layers = layersOf(schema);
  const object = layers.find((layer) => layer instanceof z.ZodObject);
  const children = Object.entries(object?.shape ?? {}).flatMap(([key, child]) =>
    entriesOf(child, path === "" ? key : `${path}.${key}`),
  );
  const { description, effect, derived } = z.globalRegistry.get(schema) ?? {};
  if (description === undefined || effect === undefined) {
    return children;
  }
  const accepts = layers.map((layer) => z.globalRegistry.get(layer)?.expected).find((expected) => expected) ?? "";
  return [{ path, accepts, default: derived ?? defaultOf(layers), meaning: description, effect }, ...children];
}

/** A schema and what it wraps, from the outside in, up to the object or kind at its core. */
function layersOf(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return [schema, ...layersOf(schema.def.innerType)];
  }
  if (schema instanceof z.ZodPipe) {
    const isPreprocessed = schema.def.in instanceof z.ZodTransform;
    return [schema, ...layersOf(isPreprocessed ? schema.def.out : schema.def.in)];
  }
  return [schema];
}

function defaultOf(layers: readonly z.core.$ZodType[]): string {
  const value = layers.find((layer) => layer instanceof z.ZodPrefault)?.def.defaultValue;
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|");
}
