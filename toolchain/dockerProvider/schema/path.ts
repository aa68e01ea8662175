/** The path of an object's member. */
export function memberPath(path: string, key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}

/** The property a path lies in: `ports` for `ports[0].external`. */
export function topLevel(path: string): string {
  return path.split(/[.[]/, 1)[0] ?? path;
}

/** Whether a path is the ignored one or lies below it; `[*]` and `*` stand for any one member. */
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
