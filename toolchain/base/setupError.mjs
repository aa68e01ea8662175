/** Something that this project needs is missing. The message says what to do about it. No stack trace is shown. */
export class SetupError extends Error {
  /**
   * @param {string} what What is missing, as a sentence without a full stop.
   * @param {string} advice What the user can do about it.
   * @param {ErrorOptions} [options]
   */
  constructor(what, advice, options) {
    super(`${what}\n  ${advice.replaceAll("\n", "\n  ")}`, options);
    this.name = "SetupError";
    this.what = what;
    this.advice = advice;
  }
}
