import type { Problem } from "../problem.ts";
import type { Settings } from "../schema.ts";

/** A rule that a combination of settings must satisfy. */
export interface Rule {
  /** `problem`: the deployment is refused. `warning`: the set works, with the disadvantage that the advice names. */
  readonly severity: "problem" | "warning";
  /** All settings that `check` reads. */
  readonly reads: readonly SettingPath[];
  /**
   * A setting of `reads` whose entries are checked one by one. If one entry is invalid, the rule still checks the other
   * entries.
   */
  readonly checksEach?: SettingPath;
  /**
   * Returns the problems, or an empty list.
   *
   * @param isFaulty returns true if the entry at a path is known to be invalid. Its value is then a placeholder, its
   *   key is the configured one
   */
  check(settings: Settings, isFaulty: (path: string) => boolean): readonly Problem[];
}

/** A path that exists in the settings: `replicas`, `sentinels`, `sentinels.quorum`. */
export type SettingPath = PathIn<Settings>;

type PathIn<Group> = {
  [Key in keyof Group & string]: Group[Key] extends Readonly<Record<string, unknown>>
    ? Key | `${Key}.${PathIn<Group[Key]>}`
    : Key;
}[keyof Group & string];
