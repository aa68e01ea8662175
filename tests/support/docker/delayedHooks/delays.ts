import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";

/** The longest delay in milliseconds. Other resources can be created during it. */
const longest = 600;

/** The delay of the late resource in milliseconds. Everything that does not depend on it is created before it. */
const lateDelay = 5_000;

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
      await delay(late !== undefined && args.name.endsWith(`-${late}`) ? lateDelay : lengthOf(`before ${hook.name}`));
      await hook.callback(args);
      await delay(lengthOf(`after ${hook.name}`));
    },
  });

/** The length of a delay. It is the same for the same seed, whatever the order of the resources. */
function lengthOf(moment: string): number {
  return createHash("sha256").update(`${seed} ${moment}`).digest().readUInt32BE() % longest;
}
