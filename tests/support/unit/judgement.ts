import { plan } from "../../../topology/plan.ts";
import { type Problem, SettingsError } from "../../../topology/settings/problem.ts";
import { type SettingsInput, validateSettings } from "../../../topology/settings/settings.ts";

/** The problems for which a program's settings are refused; a test may hand in what the compiler would refuse. */
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
