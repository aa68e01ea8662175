import { plan } from "../../../topology/plan.ts";
import { type Problem, SettingsError } from "../../../topology/settings/problem.ts";
import { type SettingsInput, validateSettings } from "../../../topology/settings/settings.ts";

/** The problems for which settings are rejected. A test may pass settings that the compiler would reject. */
export function problemsOf(input: unknown): readonly Problem[] {
  return refusalOf(() => plan(validateSettings(input as SettingsInput)));
}

export function warningsOf(input: SettingsInput): readonly Problem[] {
  return plan(validateSettings(input)).warnings;
}

export function refusalOf(action: () => unknown): readonly Problem[] {
  try {
    action();
  } catch (error) {
    if (error instanceof SettingsError) {
      return error.problems;
    }
    throw error;
  }
  return [];
}
