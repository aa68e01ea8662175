import { z } from "zod";
import { type Effect, effects } from "./changeEffects.ts";
import { stackSchema } from "./schema.ts";

/** The documentation of one setting, from the schema. */
export interface SettingEntry {
  /** `sentinels.quorum` */
  readonly path: string;
  /** The values that it accepts. */
  readonly accepts: string;
  /** The default as a user would write it, or where the value comes from. */
  readonly default: string;
  readonly meaning: string;
  readonly effect: Effect;
}

/** All settings in Markdown, generated from the schema: a legend of effects, and one table for each group. */
export function configurationReference(): string {
  const entries = settingEntries();
  const used = (Object.keys(effects) as Effect[]).filter((effect) => entries.some((entry) => entry.effect === effect));
  const letterOf = (effect: Effect) => String.fromCharCode("A".charCodeAt(0) + used.indexOf(effect));
  const legend = used.map((effect) => `- **${letterOf(effect)}** ${effects[effect]}\n`).join("");
  const tables = [...Map.groupBy(entries, groupOf)].map(
    ([group, settings]) => `\n## ${group}\n\n${tableOf(settings, letterOf)}`,
  );
  return `The last column is the effect of a change on a running set:\n\n${legend}${tables.join("")}`;
}

/**
 * The heading of a setting's table: `sentinels` for `sentinels.quorum`, and "The set" for a setting without a group.
 */
function groupOf({ path }: SettingEntry): string {
  const [first = ""] = path.split(".");
  return settingEntries().some((entry) => entry.path.startsWith(`${first}.`)) ? `\`${first}\`` : "The set";
}

function tableOf(entries: readonly SettingEntry[], letterOf: (effect: Effect) => string): string {
  const rows = entries.map((entry) =>
    [`\`${entry.path}\``, entry.accepts, entry.default, entry.meaning, letterOf(entry.effect)].map(escapeCell),
  );
  const head = ["key", "accepts", "default", "meaning", "change"];
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

/** A schema and the schemas that it wraps, from the outermost to the innermost. */
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
