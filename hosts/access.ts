/** How people and programs connect to a set, for a person to read. */
export interface AccessDescription {
  /** Lines of cells under a line of titles; empty: no table. */
  readonly table: readonly (readonly string[])[];
  readonly entries: readonly AccessEntry[];
}

export interface AccessEntry {
  /** Empty: a further line of the entry above. */
  readonly label: string;
  readonly text: string;
  /** The login that the entry needs: its user, and the output of the stack that has its password. */
  readonly login?: { readonly output: "gateway" | "metrics" | "commander"; readonly user: string };
}
