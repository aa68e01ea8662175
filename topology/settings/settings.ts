import type { z } from "zod";
import { type Problem, SettingsError } from "./problem.ts";
import { isRecord } from "./record.ts";
import { check } from "./rules.ts";
import { type Settings, type SettingsInput, settingsSchema, stackSchema } from "./schema.ts";
import { schemaProblems, secretPaths, withoutFaults } from "./schemaErrors.ts";
import { settingsOfOtherTargets } from "./unusedTargetSettings.ts";

export type { Settings, SettingsInput } from "./schema.ts";

/** Passwords as configured; one that is absent is generated. */
export interface Secrets {
  readonly password?: string;
  readonly gatewayPassword?: string;
  readonly exporterPassword?: string;
  readonly commanderPassword?: string;
}

/** What a stack's configuration says. */
export interface StackConfiguration {
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly warnings: readonly Problem[];
}

/**
 * Reads the configuration of a stack.
 *
 * @param raw all of Pulumi's configuration: `redis-ha:replicas` to `2`, objects as JSON. Keys of other projects and
 *   providers are left alone.
 * @param project the namespace of our keys.
 * @param secretKeys the keys of `raw` whose values are encrypted in the stack's file, as Pulumi has them in
 *   PULUMI_CONFIG_SECRET_KEYS; a password under another key is warned about. Undefined: not known.
 * @param misread problems that were found in the stack's file itself, see `misreadNumbers`; reported with the others
 * @throws SettingsError with every problem that can be seen; a problem's text never has a secret in it.
 */
export function parseSettings(
  raw: Readonly<Record<string, string>>,
  project: string,
  secretKeys?: readonly string[],
  misread: readonly Problem[] = [],
): StackConfiguration {
  const configuration = readConfiguration(raw, project);
  const others = [...misread, ...otherClusters(raw, configuration)];
  const { password, gateway, exporter, commander, ...rest } = parse(stackSchema, configuration, others);
  const { password: gatewayPassword, ...gatewaySettings } = gateway;
  const { password: exporterPassword, ...exporterSettings } = exporter;
  const { password: commanderPassword, ...commanderSettings } = commander;
  const isEncrypted = (key: string) => secretKeys?.includes(key) ?? true;
  const passwords = {
    password,
    "gateway.password": gatewayPassword,
    "exporter.password": exporterPassword,
    "commander.password": commanderPassword,
  };
  return {
    settings: { ...rest, gateway: gatewaySettings, exporter: exporterSettings, commander: commanderSettings },
    secrets: {
      ...(password === undefined ? {} : { password }),
      ...(gatewayPassword === undefined ? {} : { gatewayPassword }),
      ...(exporterPassword === undefined ? {} : { exporterPassword }),
      ...(commanderPassword === undefined ? {} : { commanderPassword }),
    },
    warnings: Object.entries(passwords).flatMap(([path, value]) =>
      value === undefined || isEncrypted(`${project}:${path.split(".")[0]}`) ? [] : [plainPassword(path)],
    ),
  };
}

/**
 * Completes and checks the settings that a program wrote, as `parseSettings` does for a stack. Passwords are no part
 * of them.
 *
 * @throws SettingsError
 */
export function validateSettings(input: SettingsInput): Settings {
  return parse(settingsSchema, input);
}

/** The rules check the valid settings even if others are invalid, so that all problems are reported at once. */
function parse<Output extends Settings>(
  schema: z.ZodType<Output>,
  input: unknown,
  others: readonly Problem[] = [],
): Output {
  const result = schema.safeParse(input);
  const strays = [...others, ...settingsOfOtherTargets(input)];
  if (result.success) {
    if (strays.length > 0) {
      throw new SettingsError([...strays, ...check(result.data).problems]);
    }
    return result.data;
  }
  const problems = [...schemaProblems(result.error, input), ...strays];
  const rest = schema.safeParse(withoutFaults(result.error, input));
  const faults = problems.map((problem) => problem.path);
  throw new SettingsError([...problems, ...(rest.success ? check(rest.data, faults).problems : [])]);
}

/** By these the provider would reach another cluster than the checks and hooks do, which know KUBECONFIG alone. */
function otherClusters(raw: Readonly<Record<string, string>>, configuration: unknown): readonly Problem[] {
  if (!isRecord(configuration) || configuration["target"] !== "kubernetes") {
    return [];
  }
  return ["kubernetes:context", "kubernetes:cluster", "kubernetes:kubeconfig"]
    .filter((key) => key in raw)
    .map((path) => ({
      path,
      got: "a value",
      expected: "none: the checks ask the cluster of KUBECONFIG, and of redis-ha:kubernetes.context",
      advice: `pulumi config rm ${path}, and set KUBECONFIG or kubernetes.context instead`,
    }));
}

function readConfiguration(raw: Readonly<Record<string, string>>, project: string): unknown {
  const prefix = `${project}:`;
  const ours = Object.entries(raw).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(
    ours.map(([key, text]) => {
      const name = key.slice(prefix.length);
      return [name, secretPaths.includes(name) ? text : fromJson(text)];
    }),
  );
}

/** Pulumi hands objects and lists over as JSON; anything else is a text, and so is JSON that is broken. */
function fromJson(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) {
    return text;
  }
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function plainPassword(path: string): Problem {
  return {
    path,
    got: "a password in plain text",
    expected: "an encrypted one",
    advice: `set it with \`pulumi config set --secret --path '${path}'\``,
  };
}
