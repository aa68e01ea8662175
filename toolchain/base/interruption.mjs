import { constants } from "node:os";

/** Ctrl-C, SIGTERM or SIGHUP reached this process. The running work stops and cleans up before the process exits. */
export class InterruptedError extends Error {
  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`interrupted by ${signal}`);
    this.name = "InterruptedError";
    this.signal = signal;
    /** The exit code that a shell reports for a program ended by this signal: 130 for Ctrl-C. */
    this.exitCode = 128 + constants.signals[signal];
  }
}

const controller = new AbortController();

/** Aborted with an InterruptedError when the first SIGINT, SIGTERM or SIGHUP arrives. */
export const interruption = controller.signal;

for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.on(signal, () => controller.abort(new InterruptedError(signal)));
}
