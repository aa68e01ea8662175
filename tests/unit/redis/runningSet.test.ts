import { expect, test } from "vitest";
import type { Addressing } from "../../../redis/addressing.ts";
import { RunningSet } from "../../../redis/runningSet.ts";
import type { VerificationTarget } from "../../../redis/target.ts";
import type { NodePlan } from "../../../topology/topology.ts";

test("a command on a closed RunningSet fails with an error that names the node", async () => {
  const running = new RunningSet({} as VerificationTarget, {} as Addressing);
  await running.close();
  await expect(running.call({ name: "redis-1" } as NodePlan, "PING")).rejects.toThrow(
    /^the connections to the set are closed: redis-1 cannot be queried any more$/,
  );
});
