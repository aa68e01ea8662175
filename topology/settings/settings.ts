import type { z } from "zod";
import { type Problem, SettingsError } from "./problem.ts";
import { isRecord } from "./record.ts";
import { check } from "./rules.ts";
import { type Settings, type SettingsInput, settingsSchema, stackSchema } from "./schema.ts";
import { schemaProblems, secretPaths, withoutFaults } from "./schemaErrors.ts";
import { settingsOfOtherTargets } from "./unusedTargetSettings.ts";

export type { Settings, SettingsInput } from "./schema.ts";

/** The configured passwords. A password that is absent is generated. */
export interface Secrets {
  readonly password?: string;
  readonly gatewayPassword?: string;
  readonly exporterPassword?: string;
  readonly commanderPassword?: string;
}

/** The configuration of a stack, validated. */
export interface StackConfiguration {
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly warnings: readonly Problem[];
}

/**
 * Reads the configuration of a stack.
 *
 * @param raw Pulumi's whole configuration as texts, for example `2` under `redis-ha:replicas`. Objects are JSON. Keys
 *   of other projects and of providers are ignored.
 * @param project the namespace of this project's keys.
 * @param secretKeys the keys of `raw` whose values are encrypted in the stack's file, from PULUMI_CONFIG_SECRET_KEYS. A
 *   password under any other key causes a warning. Undefined if these keys are unknown: then no password does.
 * @param misread problems found in the text of the stack's file (see `misreadNumbers`), reported together with the
 *   others
 * @throws SettingsError with all problems. Its text never contains a secret.
 */
export function parseSettings(
  raw: Readonly<Record<string, string>>,
  project: string,
  secretKeys?: readonly string[],
  misread: readonly Problem[] = [],
): StackConfiguration {
  const configuration = readConfiguration(raw, project);
  const others = [...misread, ...otherClusterKeys(raw, configuration)];
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
 * Validates the settings that a program passes and fills in the defaults, as `parseSettings` does for a stack. The
 * settings contain no passwords.
 *
 * @throws SettingsError
 */
export function validateSettings(input: SettingsInput): Settings {
  return parse(settingsSchema, input);
}

/**
 * Applies the rules to the valid settings even if other settings are invalid, so that all problems are reported at
 * once.
 */
function parse<Output extends Settings>(
  schema: z.ZodType<Output>,
  input: unknown,
  others: readonly Problem[] = [],
): Output {
  const result = schema.safeParse(input);
  const unused = [...others, ...settingsOfOtherTargets(input)];
  if (result.success) {
    if (unused.length > 0) {
      throw new SettingsError([...unused, ...check(result.data).problems]);
    }
    return result.data;
  }
  const problems = [...schemaProblems(result.error, input), ...unused];
  const rest = schema.safeParse(withoutFaults(result.error, input));
  const faults = problems.map((problem) => problem.path);
  throw new SettingsError([...problems, ...(rest.success ? check(rest.data, faults).problems : [])]);
}

/**
 * Keys that would lead the Kubernetes provider to another cluster than the checks and hooks, which read KUBECONFIG and
 * `kubernetes.context` only.
 */
function otherClusterKeys(raw: Readonly<Record<string, string>>, configuration: unknown): readonly Problem[] {
  if (!isRecord(configuration) || configuration["target"] !== "kubernetes") {
    return [];
  }
  return ["kubernetes:context", "kubernetes:cluster", "kubernetes:kubeconfig"]
    .filter((key) => key in raw)
    .map((path) => ({
      path,
      got: "a value",
      expected: "none: the checks use the cluster that KUBECONFIG and redis-ha:kubernetes.context select",
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

/** Pulumi passes objects and lists as JSON. Any other value, and invalid JSON, stays a text. */
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
    expected: "an encrypted password",
    advice: `set it with \`pulumi config set --secret --path '${path}'\``,
  };
}
