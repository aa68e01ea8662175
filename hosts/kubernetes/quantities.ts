// Kubernetes keeps the format in which a quantity was written, so quantities are formatted to be readable.

/** Formats CPU cores as `2` or `500m`. */
export function millicores(cpus: number): string {
  const millis = Math.max(1, Math.round(cpus * 1000));
  return millis % 1000 === 0 ? String(millis / 1000) : `${millis}m`;
}

/** Formats bytes as `4Gi` or `512Mi`, or as a plain number if they are not a multiple of 1 MiB. */
export function quantity(bytes: number): string {
  const unit = units.find(({ size }) => bytes > 0 && bytes % size === 0);
  return unit === undefined ? String(bytes) : `${bytes / unit.size}${unit.name}`;
}

const units = [
  { name: "Gi", size: 1024 ** 3 },
  { name: "Mi", size: 1024 ** 2 },
] as const;

/**
 * Parses a size in any format that Kubernetes accepts, such as `50Gi`, `50G` or `53687091200`. Returns bytes.
 *
 * @throws RangeError
 */
export function bytesOf(text: string): number {
  const [, amount, prefix = "", binary] = /^(\d+(?:\.\d+)?)([kKMGTPE]?)(i?)$/.exec(text) ?? [];
  if (amount === undefined) {
    throw new RangeError(`${text} is not a size in a format that Kubernetes accepts`);
  }
  const power = ["", "K", "M", "G", "T", "P", "E"].indexOf(prefix.toUpperCase());
  return Number(amount) * (binary === "i" ? 1024 : 1000) ** power;
}
