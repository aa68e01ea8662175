import { z } from "zod";

/** Named values of a reply, such as the lines of INFO. */
export type Fields = ReadonlyMap<string, string>;

/** Parses the reply to INFO: `name:value` lines under `# Section` headings. */
export function infoFields(reply: unknown): Fields {
  const lines = z.string().parse(reply).split("\r\n");
  return new Map(lines.filter((line) => line.includes(":")).map((line) => split(line, ":")));
}

/** Parses a reply of alternating names and values, such as those of CONFIG GET and SENTINEL MASTER. */
export function pairFields(reply: unknown): Fields {
  const items = z.array(z.string()).parse(reply);
  const fields = new Map<string, string>();
  for (let index = 0; index + 1 < items.length; index += 2) {
    fields.set(items[index] ?? "", items[index + 1] ?? "");
  }
  return fields;
}

/** Parses a list of replies of alternating names and values: SENTINEL REPLICAS, SENTINEL SENTINELS. */
export function pairFieldsList(reply: unknown): readonly Fields[] {
  return z.array(z.unknown()).parse(reply).map(pairFields);
}

/** Parses INFO's description of a replica: `ip=10.1.2.3,port=6379,state=online`. */
export function commaFields(text: string): Fields {
  return new Map(text.split(",").map((part) => split(part, "=")));
}

function split(text: string, separator: string): [name: string, value: string] {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + separator.length)];
}
