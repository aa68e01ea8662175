import type { BytesText } from "./quantities.ts";

export const presetNames = ["minimum", "recommended", "dev"] as const;
export type PresetName = (typeof presetNames)[number];

export const defaultPreset: PresetName = "minimum";

/** The sizes of all roles for which the stack configures no other size. */
export interface SizePreset {
  readonly master: StoringSize;
  readonly replica: StoringSize;
  readonly sentinel: StoringSize;
  readonly gateway: RunningSize;
  readonly exporter: RunningSize;
  readonly commander: RunningSize;
  readonly loginProxy: RunningSize;
}

/**
 * `minimum` and `recommended` are the sizes of the guides that this program replaces. The guides give no sizes for the
 * gateway, the exporter, Redis Commander and the login proxy.
 *
 * `dev` runs six nodes, the gateway, the exporter, Redis Commander and the login proxy on a machine with 2 cores and 4
 * GB. They use 1.3 GB of memory in total. Their CPU limits add up to more than two cores: a limit is a ceiling, and
 * idle nodes use almost no CPU. A Sentinel needs at least half a core. With less, the kernel may throttle it for most
 * of each 100 ms period, and its timers become inaccurate.
 */
export const presets: Readonly<Record<PresetName, SizePreset>> = {
  minimum: {
    master: { cpus: 2, memory: "4GB", disk: "50GB" },
    replica: { cpus: 1, memory: "2GB", disk: "50GB" },
    sentinel: { cpus: 0.5, memory: "512MB", disk: "10GB" },
    gateway: { cpus: 0.5, memory: "128MB" },
    exporter: { cpus: 0.5, memory: "128MB" },
    commander: { cpus: 0.5, memory: "256MB" },
    loginProxy: { cpus: 0.5, memory: "48MB" },
  },
  recommended: {
    master: { cpus: 4, memory: "8GB", disk: "100GB" },
    replica: { cpus: 2, memory: "4GB", disk: "100GB" },
    sentinel: { cpus: 1, memory: "1GB", disk: "20GB" },
    gateway: { cpus: 1, memory: "256MB" },
    exporter: { cpus: 0.5, memory: "128MB" },
    commander: { cpus: 1, memory: "256MB" },
    loginProxy: { cpus: 0.5, memory: "48MB" },
  },
  dev: {
    master: { cpus: 1, memory: "256MB", disk: "1GB" },
    replica: { cpus: 1, memory: "256MB", disk: "1GB" },
    sentinel: { cpus: 0.5, memory: "64MB", disk: "64MB" },
    gateway: { cpus: 0.5, memory: "64MB" },
    exporter: { cpus: 0.5, memory: "64MB" },
    commander: { cpus: 1, memory: "192MB" },
    loginProxy: { cpus: 0.25, memory: "48MB" },
  },
};

interface RunningSize {
  readonly cpus: number;
  readonly memory: BytesText;
}

interface StoringSize extends RunningSize {
  readonly disk: BytesText;
}
