import type Docker from "dockerode";
import { isObject, type Value } from "../values.ts";
import { goDuration, nanoseconds } from "./duration.ts";
import type { Healthcheck } from "./schema.ts";

/** The type of the client lacks the newer field StartInterval. */
type HealthConfig = Docker.HealthConfig & { readonly StartInterval?: number | undefined };

/** Converts the input `healthcheck` to Docker's format. */
export function healthcheckRequest(healthcheck: Healthcheck): HealthConfig {
  return {
    Test: [...(healthcheck.tests ?? [])],
    Interval: nanoseconds(healthcheck.interval),
    Timeout: nanoseconds(healthcheck.timeout),
    StartPeriod: nanoseconds(healthcheck.startPeriod),
    StartInterval: nanoseconds(healthcheck.startInterval) || undefined,
    Retries: healthcheck.retries,
  };
}

/** Converts the health check that Docker reports to the property `healthcheck`. */
export function healthcheckState(healthcheck: HealthConfig | undefined, known: Value): Value {
  if (healthcheck === undefined) {
    return known;
  }
  return {
    tests: healthcheck.Test ?? [],
    interval: duration("interval", healthcheck.Interval),
    timeout: duration("timeout", healthcheck.Timeout),
    startPeriod: duration("startPeriod", healthcheck.StartPeriod),
    startInterval: duration("startInterval", healthcheck.StartInterval),
    retries: healthcheck.Retries ?? 0,
  };

  /** Keeps the spelling of the input if it means the same duration: "60s" for "1m0s". */
  function duration(name: string, length = 0): string {
    const spelling = isObject(known) ? known[name] : undefined;
    return typeof spelling === "string" && nanoseconds(spelling) === length ? spelling : goDuration(length);
  }
}
