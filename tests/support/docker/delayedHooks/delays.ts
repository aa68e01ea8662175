import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";

/** Milliseconds; long enough for other resources to begin and to end meanwhile. */
const LONGEST = 600;

/** Milliseconds; long enough for everything that does not depend on the late resource to be made before it. */
const LATE = 5_000;

const seed = process.env["REDIS_HA_DELAY_SEED"] ?? "";
const late = process.env["REDIS_HA_LATE_WORKLOAD"];
const callbacks = pulumi.runtime.getCallbacks();
if (callbacks === undefined) {
  throw new Error("the program does not run under Pulumi");
}

// Every hook of every resource reaches the engine through this call.
const register = callbacks.registerResourceHook.bind(callbacks);
callbacks.registerResourceHook = (hook) =>
  register({
    ...hook,
    callback: async (args) => {
      // A workload's own resource, unlike its volume and its gate, has the workload's name at the end.
      await delay(late !== undefined && args.name.endsWith(`-${late}`) ? LATE : lengthOf(`before ${hook.name}`));
      await hook.callback(args);
      await delay(lengthOf(`after ${hook.name}`));
    },
  });

/** The same again for the same seed, however the resources take turns. */
function lengthOf(moment: string): number {
  return createHash("sha256").update(`${seed} ${moment}`).digest().readUInt32BE() % LONGEST;
}
