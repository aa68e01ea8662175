import { seconds } from "../../../drills/ledger/seconds.ts";
import type { Figure, Subject } from "./figures.ts";
import { type Event, events, type Run } from "./measurement.ts";
import { colours, line, place, type Scale, scale, secondsAxis, svg, text } from "./picture.ts";
import { eventNames, subjectNames } from "./table.ts";

const pictureWidth = 960;
const rowHeight = 44;
const top = 70;
const left = 200;
const right = pictureWidth - 110;

/** Draws every pause as a point in the row of its event and subject, with the median and the 99th percentile. */
export function distributionPicture(runs: readonly Run[], figures: readonly Figure[], downAfter: number): string {
  const bottom = top + figures.length * rowHeight + (events.length - 1) * 14;
  const longest = Math.max(...figures.map(({ max }) => max));
  const end = Math.ceil(longest / 1000);
  const x = scale([0, end * 1000], [left, right]);
  const axis = secondsAxis(x, [...Array(end + 1).keys()], top - 10, bottom);
  const rows = figures.flatMap((figure, index) => {
    const y = top + (index + 0.5) * rowHeight + 14 * events.indexOf(figure.event);
    const isFirst = figures.findIndex(({ event }) => event === figure.event) === index;
    return [...(isFirst ? [eventTitle(figure.event, y)] : []), ...row(figure, pausesOf(runs, figure), y, x)];
  });
  const threshold = [
    line({ from: [x(downAfter), top - 16], to: [x(downAfter), bottom], stroke: "#999999", dashes: "4 3" }),
    text({ x: x(downAfter), y: top - 20, words: "down-after", anchor: "middle", fill: "#555555" }),
  ];
  const title = "How long no node accepted the writes of a client after a fault of the master";
  return svg(pictureWidth, bottom + 36, title, [...axis, ...threshold, ...rows]);
}

function row(figure: Figure, pauses: readonly number[], y: number, x: Scale): readonly string[] {
  const colour = colours[figure.subject];
  const points = pauses.map(
    (pause, index) =>
      // Spread over the row in a fixed pattern, so that equal pauses do not hide each other.
      `<circle cx="${place(x(pause))}" cy="${place(y - 9 + ((index * 7) % 19))}" r="2.2" fill="${colour}" fill-opacity="0.35"/>`,
  );
  const marks = [figure.p50, figure.p99].map((value) =>
    line({ from: [x(value), y - 14], to: [x(value), y + 14], stroke: colour, width: 2.5 }),
  );
  return [
    text({ x: left - 12, y: y + 12, words: subjectNames[figure.subject], anchor: "end", fill: colour }),
    ...points,
    ...marks,
    text({ x: right + 8, y: y - 1, words: `p50 ${seconds(figure.p50)}`, fill: colour, attributes: 'font-size="11"' }),
    text({ x: right + 8, y: y + 12, words: `p99 ${seconds(figure.p99)}`, fill: colour, attributes: 'font-size="11"' }),
  ];
}

function eventTitle(event: Event, y: number): string {
  return text({ x: 20, y: y - 6, words: eventNames[event], attributes: 'font-weight="600"' });
}

function pausesOf(runs: readonly Run[], { event, subject }: { event: Event; subject: Subject }): readonly number[] {
  const some = runs.filter((run) => run.event === event);
  return some.flatMap((run) => (subject === "server" ? [run.server] : run.clients[subject].pauses));
}
