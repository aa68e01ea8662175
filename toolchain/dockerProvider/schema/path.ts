/** Returns the path of an object's member. */
export function memberPath(path: string, key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}

/** Returns the top-level property of a path: `ports` for `ports[0].external`. */
export function topLevel(path: string): string {
  return path.split(/[.[]/, 1)[0] ?? path;
}

/** True if a path matches the pattern or lies below a match. `[*]` and `*` match any single member. */
export function covers(pattern: string, path: string): boolean {
  const wanted = segments(pattern);
  const actual = segments(path);
  return (
    wanted.every((segment, index) => segment === "*" || segment === actual[index]) && wanted.length <= actual.length
  );
}

function segments(path: string): string[] {
  return [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[([^\]]*)\]|([^.[\]]+)/g)].map(
    (match) => match[1] ?? match[2] ?? match[3] ?? "",
  );
}
