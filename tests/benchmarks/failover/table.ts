import { seconds } from "../../../drills/ledger/seconds.ts";
import type { Figure, Subject } from "./figures.ts";
import type { Event } from "./measurement.ts";

export const eventNames: Readonly<Record<Event, string>> = {
  killed: "master killed",
  frozen: "master frozen",
  planned: "planned switchover",
};

export const subjectNames: Readonly<Record<Subject, string>> = {
  server: "the server itself",
  sentinel: "clients of the Sentinels",
  gateway: "clients of the gateway",
};

/** The figures as a table in Markdown: how long clients were not served, and how many writes were lost. */
export function tableOf(figures: readonly Figure[]): string {
  const heading = ["event", "who is served again", "p50", "p90", "p99", "longest", "lost writes", "goals"];
  const rows = figures.map((figure) => [
    eventNames[figure.event],
    `${subjectNames[figure.subject]} (${figure.pauses})`,
    ...[figure.p50, figure.p90, figure.p99, figure.max].map(seconds),
    figure.lost === undefined ? "" : `${figure.lost.count} of ${figure.lost.of}`,
    figure.goals.map(({ goal, met }) => `${met ? "✓" : "✗"} ${goal}`).join(", "),
  ]);
  return [heading, heading.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
