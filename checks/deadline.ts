/** Milliseconds that a verification, and each condition that a change waits for, has by default. */
export const defaultDeadline = 60_000;
