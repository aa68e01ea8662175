import { seconds } from "../../../drills/ledger/seconds.ts";
import { type ClientKind, clientKinds, type History } from "./measurement.ts";
import { colours, line, place, type Scale, scale, secondsAxis, svg, text } from "./picture.ts";
import { subjectNames } from "./table.ts";

const width = 960;
const left = 60;
const right = width - 30;
const topMargin = 150;
const laneHeight = 110;
const gap = 40;

/** Milliseconds before the event that are shown. */
const before = 1000;

/** Draws one failover: the acknowledged writes from a second before it until the set is healthy again. */
export function timeLinePicture(history: History, title: string): string {
  const end = Math.ceil(Math.max(...history.marks.map(({ at }) => at)) / 1000);
  const x = scale([-before, end * 1000], [left, right]);
  const bottom = topMargin + clientKinds.length * laneHeight + (clientKinds.length - 1) * gap;
  const most = Math.max(...clientKinds.flatMap((kind) => history.acknowledged[kind].map(({ writes }) => writes)));
  const axis = secondsAxis(
    x,
    [...Array(end + 2).keys()].map((second) => second - 1),
    topMargin,
    bottom,
  );
  const lanes = clientKinds.flatMap((kind, index) =>
    lane(history, kind, x, topMargin + index * (laneHeight + gap), most),
  );
  return svg(width, bottom + 36, title, [...axis, ...marks(history, x, bottom), ...lanes]);
}

/** Draws the acknowledged writes per second, with one step per period. */
function lane(history: History, kind: ClientKind, x: Scale, top: number, most: number): readonly string[] {
  const y = scale([0, most], [top + laneHeight, top]);
  const shown = history.acknowledged[kind].filter(({ at }) => x(at) >= left && x(at + history.piece) <= right + 1);
  const steps = shown.map(({ at, writes }) => `${place(x(at))} ${place(y(writes))} H${place(x(at + history.piece))}`);
  const perSecond = Math.round((most * 1000) / history.piece / 100) * 100;
  return [
    `<path d="M${place(x(shown[0]?.at ?? 0))} ${place(y(0))} L${steps.join(" L")} V${place(y(0))} Z" fill="${colours[kind]}" fill-opacity="0.55"/>`,
    line({ from: [left, y(0)], to: [right, y(0)], stroke: "#888888" }),
    text({
      x: left - 8,
      y: top + 10,
      words: String(perSecond),
      anchor: "end",
      fill: "#555555",
      attributes: 'font-size="11"',
    }),
    text({
      x: left - 8,
      y: top + laneHeight,
      words: "0",
      anchor: "end",
      fill: "#555555",
      attributes: 'font-size="11"',
    }),
    text({ x: left, y: top - 8, words: `${subjectNames[kind]}: writes acknowledged a second`, fill: colours[kind] }),
  ];
}

/** Draws the marks. Their labels are one below the other, so that labels of close marks do not overlap. */
function marks(history: History, x: Scale, bottom: number): readonly string[] {
  return history.marks.flatMap(({ at, event }, index) => {
    const y = 54 + index * 18;
    const isLate = x(at) > (left + right) / 2;
    return [
      line({ from: [x(at), y + 4], to: [x(at), bottom], stroke: "#333333", dashes: "3 3" }),
      text({
        x: x(at) + (isLate ? -4 : 4),
        y,
        words: `${event} (${seconds(at)})`,
        anchor: isLate ? "end" : "start",
        // A white outline keeps the label readable where the line of another mark crosses it.
        attributes: 'stroke="#ffffff" stroke-width="4" paint-order="stroke"',
      }),
    ];
  });
}
