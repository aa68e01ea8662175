/** The cells of one line of a table. */
export type Row = readonly string[];

/** Formats rows as columns: each as wide as its widest cell, two spaces apart. */
export function aligned(rows: readonly Row[]): readonly string[] {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
