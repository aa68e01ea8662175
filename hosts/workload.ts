import type { Output, Resource } from "@pulumi/pulumi";
import type { ImagePart, NodeSize } from "../topology/topology.ts";

/** A command the host runs inside the workload to learn how it is; exit code 0 is good. */
export interface Probe {
  readonly command: readonly string[];
  /** Milliseconds between two runs, where the host acts on the result. Docker does not, and has an interval of its own. */
  readonly interval: number;
  /** Milliseconds after which a run counts as failed. */
  readonly timeout: number;
  /** Failures in a row on which the host acts. */
  readonly retries: number;
  /** Milliseconds from the start in which failures do not count. */
  readonly startPeriod: number;
}

export interface WorkloadPort {
  /** The port the process listens on. */
  readonly port: number;
  /** Where people and programs on the machine reach it. @default it is not published */
  readonly published?: { readonly host: string; readonly port: number };
}

export interface WorkloadVolume {
  readonly mountPath: string;
  /** Bytes it is meant to hold. */
  readonly size: number;
}

/** A user and a password for HTTP basic authentication. */
export interface ScrapeLogin {
  /** Of the object that the host keeps the login in, where it has such objects. */
  readonly name: string;
  readonly user: string;
  /** Secret. */
  readonly password: Output<string>;
}

/**
 * The narrow waist between what the set is made of and where it runs: one process with all it needs. A component says
 * what; a host turns it into resources.
 */
export interface Workload {
  /** Unique within the set: `redis-0`. */
  readonly name: string;
  readonly image: ImagePart;
  readonly command: readonly string[];
  /** Never a secret: every user who may inspect the workload can read these. */
  readonly environment: Readonly<Record<string, string>>;
  /** Path to content; world-readable, in the state as plain text. */
  readonly files: Readonly<Record<string, string>>;
  /** Path to content; encrypted in the state. */
  readonly secretFiles: Readonly<Record<string, Output<string>>>;
  readonly volume?: WorkloadVolume;
  /** Directories the process writes to that need not survive it. */
  readonly scratch: readonly string[];
  /** The login by which Prometheus is let in, for a host that tells a Prometheus operator what to scrape. @default none */
  readonly scrapeLogin?: ScrapeLogin;
  /** The fixed address inside the set's network. */
  readonly address: string;
  readonly ports: readonly WorkloadPort[];
  readonly probe: Probe;
  /**
   * Fails only when the process hangs for good, never while it reads or copies its data. A host that can restarts it
   * then. @default nothing but its end tells that the process is dead
   */
  readonly liveness?: Probe;
  readonly size: NodeSize;
  /** Milliseconds between being asked to stop and being killed. */
  readonly stopGrace: number;
}

/** A workload that was declared. */
export interface DeclaredWorkload {
  readonly name: string;
  /** Changes when the host replaces the workload. */
  readonly id: Output<string>;
  /** What the next workload comes after: the workload itself, or the gate that waits until it is ready. */
  readonly resource: Resource;
  /** Whether this very update has made or changed it; for hooks. @default nothing waits for this workload */
  readonly changedNow?: () => boolean;
}

/** Where in the program a workload is declared. */
export interface Placement {
  /** The resource name of the declaring component; the workload's own resources are named from it. */
  readonly name: string;
  readonly parent: Resource;
  /** Resources that must be up first and outlive the workload; a promise where the update decides which. */
  readonly after: readonly Resource[] | Promise<readonly Resource[]>;
}

/** A workload that the host has now, whatever the plan says. */
export interface ExistingWorkload {
  readonly name: string;
  /** The fixed address inside the set's network, also while it does not run. */
  readonly address: string;
  readonly running: boolean;
  /** The ports that it publishes at this moment. @default none: the host publishes nothing */
  readonly ports?: readonly WorkloadPort[];
  /** Asks it to stop, waits as long as its stop grace says, and kills it after that. What it has stored stays. */
  stop(): Promise<void>;
  /** Starts it was made. */
  start(): Promise<void>;
}

/** Where workloads run. */
export interface Host {
  /** Declares a workload. */
  run(workload: Workload, placement: Placement): DeclaredWorkload;
  /** Every workload of the set that is there at this moment; for hooks, while resources are made. */
  existing(): Promise<readonly ExistingWorkload[]>;
  /**
   * Whether a declared workload begins its life in this very update; for hooks that run after it was made. It has nothing
   * that others could rely on, and may need workloads that are made after it to become ready.
   */
  isNew(name: string): boolean;
  /**
   * Waits until the probes of declared workloads have passed, at most five minutes; for before-hooks only. The first
   * workload that fails ends the wait: the others may wait for just that one.
   *
   * @throws with the host's own words about the workload that failed
   */
  awaitReady(names: readonly string[]): Promise<void>;
  /**
   * For hooks, while the state has nothing of the set on this host and before anything is made.
   *
   * @throws ProblemsError when objects with the set's name are there that this state did not make
   */
  requireUnclaimed(): Promise<void>;
}
