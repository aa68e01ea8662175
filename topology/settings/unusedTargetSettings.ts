import { targets } from "../choices.ts";
import type { Problem } from "./problem.ts";
import { isRecord } from "./record.ts";

/**
 * Problems for settings of a target that the set does not run on. Such settings would silently have no effect.
 *
 * @param input the settings as written, before defaults are filled in
 */
export function settingsOfOtherTargets(input: unknown): readonly Problem[] {
  if (!isRecord(input)) {
    return [];
  }
  const target = targets.find((name) => name === (input["target"] ?? "docker"));
  const others = target === undefined ? [] : targets.filter((name) => name !== target);
  return others.flatMap((other) => {
    const group = input[other];
    return isRecord(group) && Object.keys(group).length > 0
      ? [
          {
            path: other,
            got: `settings of the target ${other}`,
            expected: `none, since the target is ${target}`,
            advice: `remove them, or set target to ${other}`,
          },
        ]
      : [];
  });
}
