/** Describes for people how to connect to a set. */
export interface AccessDescription {
  /** Rows of cells, the first row with the titles; empty if there is no table. */
  readonly table: readonly (readonly string[])[];
  readonly entries: readonly AccessEntry[];
}

export interface AccessEntry {
  /** Empty if this is another line of the previous entry. */
  readonly label: string;
  readonly text: string;
  /** The login that the entry requires: the user, and the stack output with the password. */
  readonly login?: { readonly output: "gateway" | "metrics" | "commander"; readonly user: string };
}
