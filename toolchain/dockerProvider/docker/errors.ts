/** Something went wrong between this plugin and Docker; the message is for the person who runs the update. */
export class DockerFailure extends Error {
  /** The HTTP status Docker answered with; undefined when the answer was no error or there was none. */
  readonly status: number | undefined;

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "DockerFailure";
    this.status = statusOf(cause);
  }
}

/** The update was cancelled, or the time limit of the request is over. */
export class Interrupted extends Error {
  /** @param doing What was being done: "pulling redis:8". */
  constructor(doing: string) {
    super(`interrupted while ${doing}`);
    this.name = "Interrupted";
  }
}

/** Docker's own words, without the wrapping of the client: "(HTTP code 404) no such container - ". */
export function dockersWords(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^\(HTTP code \d+\) .*? - /, "").trim();
}

/** What was said, and what to do about it. */
export function withAdvice(said: string, advice: string | undefined): string {
  return advice === undefined ? said : `${said.replace(/\.$/, "")}; ${advice}`;
}

/** The HTTP status Docker answered with. */
export function statusOf(error: unknown): number | undefined {
  if (error instanceof DockerFailure) {
    return error.status;
  }
  const status = error instanceof Error ? (error as { statusCode?: unknown }).statusCode : undefined;
  return typeof status === "number" ? status : undefined;
}

/** Docker answered, and the answer is no. */
export function isRefusal(error: unknown): boolean {
  return statusOf(error) !== undefined;
}

/** Docker has no such thing. */
export function isGone(error: unknown): boolean {
  return statusOf(error) === 404;
}
