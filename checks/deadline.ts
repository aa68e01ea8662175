/** The default deadline in milliseconds of a verification, and of each condition that an update waits for. */
export const defaultDeadline = 60_000;
