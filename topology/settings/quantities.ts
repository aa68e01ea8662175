/** A time with its unit, as in the stack configuration: `2s`. */
export type DurationText = `${number}${keyof typeof millisecondsPerUnit}`;

/** A size with its unit, as in the stack configuration: `512MB`. */
export type BytesText = `${number}${"KB" | "MB" | "GB" | "TB" | "Ki" | "Mi" | "Gi" | "Ti"}`;

/**
 * Parses a time such as `500ms`, `2s`, `1.5m` or `1h` to milliseconds. Returns undefined for any other text.
 *
 * A number without a unit is refused, because Redis uses different units: `timeout` is in seconds,
 * `down-after-milliseconds` is not. Only `0` needs no unit.
 */
export function parseDuration(text: string): number | undefined {
  return parseQuantity(text, /^(\d+(?:\.\d+)?)(ms|s|m|h)$/, millisecondsPerUnit);
}

/** Formats a time in its shortest exact form: `2s`, `1500ms`. */
export function formatDuration(milliseconds: number): string {
  return formatQuantity(milliseconds, millisecondsPerUnit);
}

/**
 * Parses a size such as `512MB`, `4Gi` or `1.5gb` to bytes. Returns undefined for any other text.
 *
 * 1 KB is 1024 bytes, as in redis.conf and Docker, and so equals 1 Ki of Kubernetes. The units `k`, `m` and `g` without
 * a `B` or an `i` are refused: redis.conf and Kubernetes read them as powers of 1000, Docker as powers of 1024. Only
 * `0` needs no unit.
 */
export function parseBytes(text: string): number | undefined {
  return parseQuantity(text.toUpperCase(), /^(\d+(?:\.\d+)?)([KMGT])(?:B|I|IB)$/, bytesPerUnit);
}

/** Formats a size in its shortest exact form: `4GB`, `1536MB`. */
export function formatBytes(bytes: number): string {
  const text = formatQuantity(bytes, bytesPerUnit);
  return /[KMGT]$/.test(text) ? `${text}B` : text;
}

export const mebibyte = 1024 ** 2;

const millisecondsPerUnit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const bytesPerUnit = { K: 1024, M: mebibyte, G: 1024 ** 3, T: 1024 ** 4 } as const;

function parseQuantity(text: string, form: RegExp, units: Readonly<Record<string, number>>): number | undefined {
  if (text === "0") {
    return 0;
  }
  const [, amount, unit] = form.exec(text) ?? [];
  const factor = unit === undefined ? undefined : units[unit];
  if (amount === undefined || factor === undefined) {
    return undefined;
  }
  const value = Math.round(Number(amount) * factor);
  return Number.isSafeInteger(value) ? value : undefined;
}

function formatQuantity(value: number, units: Readonly<Record<string, number>>): string {
  const exact = Object.entries(units).findLast(([, factor]) => value !== 0 && value % factor === 0);
  return exact === undefined ? String(value) : `${value / exact[1]}${exact[0]}`;
}
