/** The fields of an upload from which its content can come. */
interface Sources {
  readonly file: string;
  readonly content?: string;
  readonly contentBase64?: string;
  readonly source?: string;
}

/** Checks that each upload has exactly one source of its content. */
export function uploadsProblem(uploads: readonly Sources[]): string | undefined {
  const counts = uploads.map(
    ({ content, contentBase64, source }) => [content, contentBase64, source].filter(Boolean).length,
  );
  const wrong = counts.findIndex((count) => count !== 1);
  if (wrong < 0) {
    return undefined;
  }
  return `has an entry for ${uploads[wrong]?.file} that sets ${counts[wrong]} of content, contentBase64 and source; expected exactly one`;
}

/** The fields of a volume that determine its type. */
interface Origin {
  readonly fromContainer?: string;
  readonly containerPath?: string;
}

/** Checks that each volume either comes from another container or has a path in this container. */
export function volumesProblem(volumes: readonly Origin[]): string | undefined {
  const wrong = volumes.find(({ fromContainer, containerPath }) => Boolean(fromContainer) === Boolean(containerPath));
  if (wrong === undefined) {
    return undefined;
  }
  return `has an entry with ${wrong.fromContainer ? "both" : "neither"} of containerPath and fromContainer; expected one of them`;
}
