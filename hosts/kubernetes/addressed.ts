/** A node's name and its fixed address. */
export interface Addressed {
  readonly name: string;
  readonly address: string;
}
