import type { Subject } from "./figures.ts";

/** Colours of the palette by Okabe and Ito, which colour-blind people can distinguish. */
export const colours: Readonly<Record<Subject, string>> = {
  server: "#555555",
  sentinel: "#0072b2",
  gateway: "#d55e00",
};

/** Maps values to positions in a picture. */
export type Scale = (value: number) => number;

/** Maps the values `from` and `to` to the positions `first` and `last`. */
export function scale([from, to]: readonly [number, number], [first, last]: readonly [number, number]): Scale {
  return (value) => first + ((value - from) / (to - from)) * (last - first);
}

/** A picture with its own background, so that it is readable on a dark page too. */
export function svg(width: number, height: number, title: string, body: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="system-ui, sans-serif" font-size="13">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text({ x: 20, y: 28, words: title, attributes: 'font-size="16" font-weight="600"' }),
    ...body,
    "</svg>",
    "",
  ].join("\n");
}

export interface Text {
  readonly x: number;
  readonly y: number;
  readonly words: string;
  /** @default start */
  readonly anchor?: "start" | "middle" | "end";
  /** @default #222222 */
  readonly fill?: string;
  readonly attributes?: string;
}

export function text({ x, y, words, anchor = "start", fill = "#222222", attributes = "" }: Text): string {
  return `<text x="${place(x)}" y="${place(y)}" text-anchor="${anchor}" fill="${fill}" ${attributes}>${escaped(words)}</text>`;
}

export interface Line {
  readonly from: readonly [x: number, y: number];
  readonly to: readonly [x: number, y: number];
  readonly stroke: string;
  /** @default 1 */
  readonly width?: number;
  /** Lengths of dashes and gaps. */
  readonly dashes?: string;
}

export function line({ from: [x1, y1], to: [x2, y2], stroke, width = 1, dashes }: Line): string {
  const pattern = dashes === undefined ? "" : ` stroke-dasharray="${dashes}"`;
  return `<line x1="${place(x1)}" y1="${place(y1)}" x2="${place(x2)}" y2="${place(y2)}" stroke="${stroke}" stroke-width="${width}"${pattern}/>`;
}

/** Draws lines at whole seconds, with labels below the drawing. */
export function secondsAxis(x: Scale, seconds: readonly number[], top: number, bottom: number): readonly string[] {
  return seconds.flatMap((second) => [
    line({ from: [x(second * 1000), top], to: [x(second * 1000), bottom], stroke: "#e4e4e4" }),
    text({ x: x(second * 1000), y: bottom + 18, words: `${second} s`, anchor: "middle", fill: "#555555" }),
  ]);
}

/** A position in a picture, rounded to a tenth of a pixel. */
export function place(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
