import { z } from "zod";
import { leastMaxmemory, memoryFor } from "./capacity.ts";
import type { Effect } from "./changeEffects.ts";
import { defaultPreset, type PresetName, presetNames, presets } from "./presets.ts";
import { mebibyte } from "./quantities.ts";
import { isRecord } from "./record.ts";
import { bytes, decimalNumber, group, oneOf } from "./settingTypes.ts";

/** The name of a preset, or an object with a preset and the sizes of some roles. */
export type SizeInput =
  | PresetName
  | ({ preset?: PresetName } & { [Role in keyof RoleSizes]?: Partial<RoleSizes[Role]> });

type RoleSizes = Omit<z.input<typeof sizes>, "preset">;

const derived = "from `size.preset`";

const sizes = group({
  preset: oneOf(presetNames)
    .prefault(defaultPreset)
    .meta({ description: "Preset for all sizes that are not set here.", effect: "everyNode" }),
  master: dataNodeSize("the first master"),
  replica: dataNodeSize("each replica"),
  sentinel: group({
    ...runningSize("each Sentinel", 32 * mebibyte, "sentinels"),
    disk: disk("each Sentinel", "sentinels"),
  }),
  gateway: group(runningSize("each gateway", 48 * mebibyte, "gateway")),
  exporter: group(runningSize("the exporter", 32 * mebibyte, "exporter")),
  commander: group(runningSize("Redis Commander", 96 * mebibyte, "commander")),
  loginProxy: group(runningSize("the login proxy", 48 * mebibyte, "loginProxy")),
});

const expected =
  "minimum, recommended, dev, or an object with no other keys than preset, master, replica, sentinel, gateway, exporter, commander or loginProxy";

/**
 * The setting `size`. A preset's name stands for all its sizes. An object takes the sizes that it leaves out from its
 * preset.
 */
export const size = z
  .preprocess((input: SizeInput, context) => {
    const given = presetNames.some((name) => name === input) ? { preset: input } : input;
    if (!isRecord(given)) {
      context.issues.push({ code: "custom", message: expected, input });
      return z.NEVER;
    }
    return fillFromPreset(given);
  }, sizes)
  .meta({ expected });

/** A role's value that is not an object is left as it is: the schema refuses it. */
function fillFromPreset(given: Readonly<Record<string, unknown>>): unknown {
  const preset = presets[presetNames.find((name) => name === given.preset) ?? defaultPreset];
  const roles = Object.entries(preset).map(([role, base]) => {
    const configured = given[role];
    return [role, isRecord(configured) ? { ...base, ...configured } : (configured ?? base)];
  });
  return { ...given, ...Object.fromEntries(roles) };
}

/** A rule, not the schema, checks that the memory holds enough data, because its explanation needs a calculation. */
function dataNodeSize(role: string) {
  return group({
    cpus: cpus(role, "dataNodes"),
    memory: bytes(mebibyte, memoryFor(leastMaxmemory)).meta({
      description: `Memory that ${role} may use, without swap.`,
      derived,
      effect: "dataNodes",
    }),
    disk: disk(role, "dataNodes"),
  });
}

function runningSize(role: string, leastMemory: number, effect: Effect) {
  return {
    cpus: cpus(role, effect),
    memory: bytes(leastMemory).meta({ description: `Memory that ${role} may use, without swap.`, derived, effect }),
  };
}

function cpus(role: string, effect: Effect) {
  return decimalNumber(0.1, 256).meta({ description: `Number of CPU cores that ${role} may use.`, derived, effect });
}

function disk(role: string, effect: Effect) {
  const description = `Planned size of the volume of ${role}. Docker does not enforce it.`;
  return bytes(16 * mebibyte).meta({ description, derived, effect });
}
