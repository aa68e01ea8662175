/** A node's name, its fixed address, and what its volume is meant to hold. */
export interface FixedAddress {
  readonly name: string;
  readonly address: string;
  /** Bytes; 0 for one without a volume. */
  readonly disk: number;
}
