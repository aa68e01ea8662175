import { isIP } from "node:net";
import { z } from "zod";
import {
  type BytesText,
  type DurationText,
  formatBytes,
  formatDuration,
  parseBytes,
  parseDuration,
} from "./quantities.ts";
import { isRecord } from "./record.ts";
import { parseSubnet, type Subnet } from "./subnet.ts";

declare module "zod" {
  interface GlobalMeta {
    /** What a setting accepts: the text that problems and the configuration table show. */
    expected?: string;
  }
}

// The types of settings. Each type accepts both the typed value of a program and Pulumi's text of that value: 2 and
// "2". Each has one phrase for what it accepts, which problems and the configuration table show.

export function wholeNumber(minimum: number, maximum: number) {
  return kind<number, number>(`a whole number from ${minimum} to ${maximum}`, (input) => {
    const value = numberOf(input, /^(0|[1-9]\d*)$/);
    return value !== undefined && Number.isInteger(value) && isWithin(value, minimum, maximum) ? value : undefined;
  });
}

export function decimalNumber(minimum: number, maximum: number) {
  return kind<number, number>(`a number from ${minimum} to ${maximum}`, (input) => {
    const value = numberOf(input, /^(0|[1-9]\d*)(\.\d+)?$/);
    return value !== undefined && isWithin(value, minimum, maximum) ? value : undefined;
  });
}

export function flag() {
  return kind<boolean, boolean>("true or false", (input) =>
    [true, false].find((value) => value === input || String(value) === input),
  );
}

export function oneOf<const Value extends string>(values: readonly [Value, ...Value[]]) {
  return kind<Value, Value>(alternatives(values), (input) => values.find((value) => value === input));
}

export function text(form: RegExp, expected: string) {
  return kind<string, string>(expected, (input) => (typeof input === "string" && form.test(input) ? input : undefined));
}

/** A time in milliseconds. `step` is the unit of the Redis directive. */
export function duration(range: { readonly minimum: number; readonly maximum: number; readonly step?: "s" | "ms" }) {
  const { minimum, maximum, step = "ms" } = range;
  const expected = `a time from ${formatDuration(minimum)} to ${formatDuration(maximum)}${step === "s" ? " in whole seconds" : ""} with its unit (ms, s, m or h)`;
  return kind<DurationText | 0, number>(expected, (input) => {
    const value = parseDuration(textOf(input));
    const isStep = value !== undefined && value % (step === "s" ? 1000 : 1) === 0;
    return isStep && isWithin(value, minimum, maximum) ? value : undefined;
  });
}

/**
 * A size in bytes.
 *
 * @param documented the minimum that problems and the configuration table show (default: `minimum`). It is higher than
 *   `minimum` if a rule refuses the values in between, with a better reason than this type could give
 */
export function bytes(minimum: number, documented = minimum) {
  const expected = `a size of at least ${formatBytes(documented)} with its unit (MB, GB or TB)`;
  return kind<BytesText, number>(expected, (input) => {
    const value = parseBytes(textOf(input));
    return value !== undefined && isWithin(value, minimum, largestSize) ? value : undefined;
  });
}

export function ipAddress() {
  return kind<string, string>("an IP address of this machine, such as 127.0.0.1", (input) =>
    typeof input === "string" && isIP(input) !== 0 ? input : undefined,
  );
}

export function subnet() {
  return kind<string, Subnet>("an IPv4 network in CIDR notation without host bits, such as 10.63.79.0/24", (input) =>
    typeof input === "string" ? parseSubnet(input) : undefined,
  );
}

/** Pairs of seconds and changes, as in the directive `save` of redis.conf. */
export function snapshotTimes() {
  type Pairs = readonly (readonly [seconds: number, changes: number])[];
  return kind<string, Pairs>(
    "pairs of seconds and changes, such as 3600 1 300 100, or empty for no snapshots",
    (input) => {
      const numbers = typeof input === "string" ? input.split(/\s+/).filter((part) => part !== "") : undefined;
      if (numbers === undefined || numbers.length % 2 === 1 || !numbers.every((part) => /^[1-9]\d{0,8}$/.test(part))) {
        return undefined;
      }
      return numbers.flatMap((changes, index) =>
        index % 2 === 1 ? [[Number(numbers[index - 1]), Number(changes)] as const] : [],
      );
    },
  );
}

/** Directives of redis.conf: names and arguments. */
export function directives() {
  const expected = "an object of directive names and their arguments, such as hz: 20";
  return z.record(z.string(), directiveArguments(), { error: expected }).meta({ expected });
}

/** Labels of a Kubernetes object. */
export function labels() {
  type Labels = Readonly<Record<string, string>>;
  return kind<Labels, Labels>("an object of label names and their values, such as release: prometheus", (input) =>
    isRecord(input) && Object.entries(input).every(([name, value]) => isLabel(name, value))
      ? (input as Labels)
      : undefined,
  );
}

/**
 * A password. Only characters are allowed that need neither quotes nor escapes in redis.conf, sentinel.conf, an .env
 * file, a shell and a URL.
 */
export function password() {
  return kind<string, string>(passwordRule, (input) =>
    typeof input === "string" && passwordForm.test(input) ? input : undefined,
  );
}

export const passwordCharacters = /[A-Za-z0-9._=-]/g;

/** An object of settings. Unknown keys are refused. */
export function group<Shape extends z.ZodRawShape>(shape: Shape) {
  const expected = `an object with no other keys than ${alternatives(Object.keys(shape))}`;
  return z.strictObject(shape, { error: expected }).meta({ expected });
}

const passwordRule = "16 to 128 letters, digits and the characters . _ = -";
const passwordForm = new RegExp(`^${passwordCharacters.source}{16,128}$`);
const largestSize = 1024 ** 5;

function kind<Input, Output>(expected: string, parse: (input: unknown) => Output | undefined) {
  return z
    .custom<Input>()
    .transform((input, context): Output => {
      const output = parse(input);
      if (output === undefined) {
        context.issues.push({ code: "custom", message: expected, input });
        return z.NEVER;
      }
      return output;
    })
    .meta({ expected });
}

/** Refuses a text with leading zeros, because YAML and C read `010` as 8. */
function numberOf(input: unknown, form: RegExp): number | undefined {
  if (typeof input === "number") {
    return input;
  }
  return typeof input === "string" && form.test(input) ? Number(input) : undefined;
}

/** The text of a number or a text, since the number 0 needs no unit. Empty, and so refused, for any other value. */
function textOf(input: unknown): string {
  return typeof input === "string" || typeof input === "number" ? String(input) : "";
}

function isWithin(value: number, minimum: number, maximum: number): boolean {
  return value >= minimum && value <= maximum;
}

/** The arguments of one directive, in a form that the template can quote. */
function directiveArguments() {
  type Input = string | number | boolean | readonly (string | number)[];
  return kind<Input, readonly string[]>(
    "the directive's arguments as in redis.conf, or a list of arguments if one contains a space or a quote; no control characters",
    (input) => {
      const parts = argumentsOf(input);
      return parts === undefined || parts.length === 0 || parts.some((part) => /\p{Cc}/u.test(part))
        ? undefined
        : parts;
    },
  );
}

function argumentsOf(input: unknown): readonly string[] | undefined {
  switch (typeof input) {
    case "boolean":
      return [input ? "yes" : "no"];
    case "number":
      return [String(input)];
    case "string":
      return /["'\\]/.test(input) ? undefined : input.trim().split(/[ \t]+/);
    default:
      return Array.isArray(input) && input.every(isArgument) ? input.map(String) : undefined;
  }
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
function isLabel(name: string, value: unknown): boolean {
  const word = /^[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/;
  const domain = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
  const [last = "", ...prefixes] = name.split("/").reverse();
  const isName = word.test(last) && prefixes.length <= 1 && prefixes.every((prefix) => domain.test(prefix));
  return isName && typeof value === "string" && (value === "" || word.test(value));
}

function isArgument(input: unknown): boolean {
  return typeof input === "string" || typeof input === "number";
}

/** Joins words for a sentence: `a, b or c`. */
function alternatives(values: readonly string[]): string {
  const last = values.at(-1) ?? "";
  return values.length < 2 ? last : `${values.slice(0, -1).join(", ")} or ${last}`;
}
