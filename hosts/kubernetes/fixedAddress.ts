/** A node's name, its fixed address, and the planned size of its volume. */
export interface FixedAddress {
  readonly name: string;
  readonly address: string;
  /** Bytes; 0 for a node without a volume. */
  readonly disk: number;
}
