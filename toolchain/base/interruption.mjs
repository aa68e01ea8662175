import { constants } from "node:os";

/** Ctrl-C or SIGTERM reached this process: what is under way ends in order, and what it began is cleaned up. */
export class InterruptedError extends Error {
  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`interrupted by ${signal}`);
    this.name = "InterruptedError";
    this.signal = signal;
    /** What a shell reports for a program that this signal ended: 130 for Ctrl-C. */
    this.exitCode = 128 + constants.signals[signal];
  }
}

const controller = new AbortController();

/** Aborted with an InterruptedError by the first such signal. */
export const interruption = controller.signal;

for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.on(signal, () => controller.abort(new InterruptedError(signal)));
}
