import type { Problem } from "../problem.ts";
import type { Settings } from "../schema.ts";

/** A rule between settings. */
export interface Rule {
  /** `problem`: nothing is created. `warning`: works, and costs what the advice says. */
  readonly severity: "problem" | "warning";
  /** All the settings that `check` looks at. */
  readonly reads: readonly SettingPath[];
  /** What is wrong; empty when nothing is. */
  check(settings: Settings): readonly Problem[];
}

/** `replicas`, `sentinels`, `sentinels.quorum`: a path that exists in the settings. */
export type SettingPath = PathIn<Settings>;

type PathIn<Group> = {
  [Key in keyof Group & string]: Group[Key] extends Readonly<Record<string, unknown>>
    ? Key | `${Key}.${PathIn<Group[Key]>}`
    : Key;
}[keyof Group & string];
