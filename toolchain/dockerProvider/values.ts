import structs from "google-protobuf/google/protobuf/struct_pb.js";

/** Stands for the value of an input that is not known yet in a preview. */
export const unknown = Symbol("unknown");

/** The value of a property, with secrets unwrapped. */
export type Value = null | boolean | number | string | typeof unknown | readonly Value[] | Values;
export interface Values {
  readonly [key: string]: Value;
}

/** The key of the list of inputs that have their default value. The official plugin uses the same key. */
export const defaultsKey = "__defaults";

/** The strings that encode an unknown value in a message. The engine has one for each type. */
const unknownTexts = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);
const unknownString = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** The key of an encoded object that is not a plain value: a secret, an asset or a reference to a resource. */
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** Decodes the values in a message of the engine. A missing struct has no values. */
export function decode(struct: structs.Struct | undefined): Values {
  if (struct === undefined) {
    return {};
  }
  const value = fromWire(struct.toJavaScript());
  return isObject(value) ? value : {};
}

/** Encodes values for a message to the engine. */
export function encode(values: Values): structs.Struct {
  return structs.Struct.fromJavaScript(toWire(values) as Record<string, structs.JavaScriptValue>);
}

/** Returns the values in a message with the named properties wrapped as secrets. Other secrets stay wrapped. */
export function withSecrets(struct: structs.Struct | undefined, names: readonly string[]): structs.Struct {
  const properties = struct?.toJavaScript() ?? {};
  for (const name of names) {
    const value = properties[name];
    if (value === undefined || value === null || isSecret(value)) {
      continue;
    }
    properties[name] = { [signatureKey]: secretSignature, value };
  }
  return structs.Struct.fromJavaScript(properties);
}

/** True if a value is an object, and neither a list nor unknown. */
export function isObject(value: Value | undefined): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** True if a value is a list. */
export function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

function fromWire(wire: structs.JavaScriptValue): Value {
  if (typeof wire === "string") {
    return unknownTexts.has(wire) ? unknown : wire;
  }
  if (Array.isArray(wire)) {
    return wire.map(fromWire);
  }
  if (typeof wire !== "object" || wire === null) {
    return wire;
  }
  const members = wire as Record<string, structs.JavaScriptValue>;
  if (isSecret(wire)) {
    return fromWire(members["value"] ?? null);
  }
  return Object.fromEntries(Object.entries(members).map(([key, value]) => [key, fromWire(value)]));
}

function isSecret(wire: structs.JavaScriptValue): boolean {
  return typeof wire === "object" && wire !== null && signatureKey in wire && wire[signatureKey] === secretSignature;
}

/** Encodes a value. Accepts undefined, since newer Docker releases leave out empty fields that their types require. */
function toWire(value: Value | undefined): structs.JavaScriptValue {
  if (value === undefined) {
    return null;
  }
  if (value === unknown) {
    return unknownString;
  }
  if (isList(value)) {
    return value.map(toWire);
  }
  if (!isObject(value)) {
    return value;
  }
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toWire(member)]));
}
