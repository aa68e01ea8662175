/** The parts of an upload that its content may come from. */
interface Sources {
  readonly file: string;
  readonly content?: string;
  readonly contentBase64?: string;
  readonly source?: string;
}

/** What is wrong with uploads: each needs exactly one place its content comes from. */
export function uploadsProblem(uploads: readonly Sources[]): string | undefined {
  const counts = uploads.map(
    ({ content, contentBase64, source }) => [content, contentBase64, source].filter(Boolean).length,
  );
  const wrong = counts.findIndex((count) => count !== 1);
  if (wrong < 0) {
    return undefined;
  }
  return `has ${uploads[wrong]?.file} with ${counts[wrong]} of content, contentBase64 and source that are not empty; expected exactly one`;
}

/** The parts of a volume that say what it is. */
interface Origin {
  readonly fromContainer?: string;
  readonly containerPath?: string;
}

/** What is wrong with volumes: each is either another container's, or has a path in this one. */
export function volumesProblem(volumes: readonly Origin[]): string | undefined {
  const wrong = volumes.find(({ fromContainer, containerPath }) => Boolean(fromContainer) === Boolean(containerPath));
  if (wrong === undefined) {
    return undefined;
  }
  return `has an entry with ${wrong.fromContainer ? "both" : "neither"} of containerPath and fromContainer; expected one of them`;
}
