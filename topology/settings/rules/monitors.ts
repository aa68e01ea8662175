import type { Rule } from "./rule.ts";

export const monitorRules: readonly Rule[] = [
  {
    severity: "problem",
    reads: ["kubernetes.monitors", "exporter.enabled", "gateway.enabled"],
    check: ({ kubernetes: { monitors }, exporter, gateway }) =>
      !monitors.enabled || exporter.enabled || gateway.enabled
        ? []
        : [
            {
              path: "kubernetes.monitors.enabled",
              got: "true",
              expected: "false, since neither the exporter nor gateways are enabled",
              advice: "no part of the set serves metrics",
            },
          ],
  },
];
