/** A request to Docker failed. The message is for the user who runs the update. */
export class DockerFailure extends Error {
  /** The HTTP status of Docker's error; undefined if Docker did not answer with an error. */
  readonly status: number | undefined;

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "DockerFailure";
    this.status = statusOf(cause);
  }
}

/** The update was cancelled, or the timeout of the request has expired. */
export class Interrupted extends Error {
  /** @param doing The interrupted activity, such as "pulling redis:8". */
  constructor(doing: string) {
    super(`interrupted while ${doing}`);
    this.name = "Interrupted";
  }
}

/** Returns the message of Docker, without the prefix of the client: "(HTTP code 404) no such container - ". */
export function dockerMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^\(HTTP code \d+\) .*? - /, "").trim();
}

/** Appends advice to a message. */
export function withAdvice(message: string, advice: string | undefined): string {
  return advice === undefined ? message : `${message.replace(/\.$/, "")}; ${advice}`;
}

/** Returns the HTTP status of an error of Docker; undefined for another error. */
export function statusOf(error: unknown): number | undefined {
  if (error instanceof DockerFailure) {
    return error.status;
  }
  const status = error instanceof Error ? (error as { statusCode?: unknown }).statusCode : undefined;
  return typeof status === "number" ? status : undefined;
}

/** True if Docker answered with an error. */
export function isRefusal(error: unknown): boolean {
  return statusOf(error) !== undefined;
}

/** True if Docker answered that the object does not exist. */
export function isGone(error: unknown): boolean {
  return statusOf(error) === 404;
}
