/** One problem of a running set. */
export interface Finding {
  /** A sentence without a full stop that names the node. */
  readonly problem: string;
  /** Where an operator finds more: a command to run or a document to read. */
  readonly lookAt: string;
  /** True if the problem does not disappear with time, such as a wrong maxmemory. @default false */
  readonly permanent?: boolean;
}
