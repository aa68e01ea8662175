/** Returns what is expected if a duration is not valid. */
export function durationProblem(text: string): string | undefined {
  const valid = /^0$|^(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+$/.test(text);
  return valid ? undefined : 'a duration such as "500ms", "10s" or "1m30s"';
}

const units = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 } as const;

/** Converts a duration such as "1m30s" to nanoseconds. */
export function nanoseconds(duration: string): number {
  const parts = duration.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g);
  return [...parts].reduce(
    (sum, [, count, unit]) => sum + Math.round(Number(count) * units[unit as keyof typeof units]),
    0,
  );
}

/** Converts nanoseconds to a duration as Go prints it, such as "1m30s". The official plugin stores this form. */
export function goDuration(length: number): string {
  if (length === 0) {
    return "0s";
  }
  if (length < units.us) {
    return `${length}ns`;
  }
  if (length < units.ms) {
    return `${length / units.us}µs`;
  }
  if (length < units.s) {
    return `${length / units.ms}ms`;
  }
  const hours = Math.floor(length / units.h);
  const minutes = Math.floor((length % units.h) / units.m);
  const seconds = (length % units.m) / units.s;
  return `${hours > 0 ? `${hours}h` : ""}${hours > 0 || minutes > 0 ? `${minutes}m` : ""}${seconds}s`;
}
