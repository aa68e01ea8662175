/** Something the project needs is missing and cannot be had here. The message says what to do; no stack is shown. */
export class SetupError extends Error {
  /**
   * @param {string} what What is missing, as a sentence without its full stop.
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
