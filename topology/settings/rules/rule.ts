import type { Problem } from "../problem.ts";
import type { Settings } from "../schema.ts";

/** A rule between settings. */
export interface Rule {
  /** `problem`: nothing is created. `warning`: works, and costs what the advice says. */
  readonly severity: "problem" | "warning";
  /** All the settings that `check` looks at. */
  readonly reads: readonly SettingPath[];
  /**
   * Settings of `reads` whose entries are judged one by one: a fault in one entry does not keep the rule from judging
   * the others.
   */
  readonly judgesEach?: SettingPath;
  /**
   * What is wrong; empty when nothing is.
   *
   * @param isFaulty whether the entry at a path is known to be wrong; its value is a placeholder, its key is real
   */
  check(settings: Settings, isFaulty: (path: string) => boolean): readonly Problem[];
}

/** `replicas`, `sentinels`, `sentinels.quorum`: a path that exists in the settings. */
export type SettingPath = PathIn<Settings>;

type PathIn<Group> = {
  [Key in keyof Group & string]: Group[Key] extends Readonly<Record<string, unknown>>
    ? Key | `${Key}.${PathIn<Group[Key]>}`
    : Key;
}[keyof Group & string];
