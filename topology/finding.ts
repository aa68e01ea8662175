/** One thing that is wrong with a running set. */
export interface Finding {
  /** A sentence without a full stop that names the node. */
  readonly problem: string;
  /** Where a person looks next: a command to run, or a thing to read. */
  readonly lookAt: string;
  /** True where waiting does not help, such as for another maxmemory. @default false */
  readonly permanent?: boolean;
}
