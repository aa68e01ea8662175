import type { Output, Resource } from "@pulumi/pulumi";
import type { ImagePart, NodeSize } from "../topology/topology.ts";

/** A command that the host runs inside the workload to check its health. Exit code 0 means success. */
export interface Probe {
  readonly command: readonly string[];
  /** Milliseconds between two runs, on a host that acts on the result. Docker does not, and uses its own interval. */
  readonly interval: number;
  /** Milliseconds after which a run counts as failed. */
  readonly timeout: number;
  /** The number of consecutive failures after which the host acts. */
  readonly retries: number;
  /** Milliseconds after the start of the workload during which failures do not count. */
  readonly startPeriod: number;
}

export interface WorkloadPort {
  /** The port the process listens on. */
  readonly port: number;
  /** The address at which people and programs on the machine reach the port. @default the port is not published */
  readonly published?: { readonly host: string; readonly port: number };
}

export interface WorkloadVolume {
  readonly mountPath: string;
  /** The planned size in bytes. */
  readonly size: number;
}

/** A user and a password for HTTP basic authentication. */
export interface ScrapeLogin {
  /** The name of the object in which the host stores the login, if the host has such objects. */
  readonly name: string;
  readonly user: string;
  /** Secret. */
  readonly password: Output<string>;
}

/**
 * One process with everything that it needs. This is the only interface between components and hosts: a component
 * describes a workload, and a host creates the resources for it.
 */
export interface Workload {
  /** Unique within the set: `redis-0`. */
  readonly name: string;
  readonly image: ImagePart;
  readonly command: readonly string[];
  /** Environment variables. They must not be secret, because every user who may inspect the workload can read them. */
  readonly environment: Readonly<Record<string, string>>;
  /** Maps paths to contents. The files are world-readable, and the state has them as plain text. */
  readonly files: Readonly<Record<string, string>>;
  /** Maps paths to secret contents, which are encrypted in the state. */
  readonly secretFiles: Readonly<Record<string, Output<string>>>;
  readonly volume?: WorkloadVolume;
  /** Directories for temporary files, which are lost when the workload is recreated. */
  readonly scratch: readonly string[];
  /** The login for Prometheus, on a host that configures a Prometheus operator. @default none */
  readonly scrapeLogin?: ScrapeLogin;
  /** The fixed address inside the set's network. */
  readonly address: string;
  readonly ports: readonly WorkloadPort[];
  readonly probe: Probe;
  /**
   * Fails only when the process hangs permanently, never while it loads or copies its data. A host that supports
   * liveness probes then restarts the process. @default only a process that has exited is restarted
   */
  readonly liveness?: Probe;
  readonly size: NodeSize;
  /** Milliseconds between SIGTERM and SIGKILL. */
  readonly stopGrace: number;
}

/** A workload that was declared on a host. */
export interface DeclaredWorkload {
  readonly name: string;
  /** Changes when the host replaces the workload. */
  readonly id: Output<string>;
  /** The resource that the next workload depends on: the workload itself, or the gate that waits until it is ready. */
  readonly resource: Resource;
  /** Returns true if the current update created or changed the workload; for hooks. @default nothing waits for it */
  readonly changedNow?: () => boolean;
}

/** The place in the program at which a workload is declared. */
export interface Placement {
  /** The resource name of the declaring component, and the prefix of the names of the workload's own resources. */
  readonly name: string;
  readonly parent: Resource;
  /** Resources that must be created before the workload and deleted after it; a promise if the update decides which. */
  readonly after: readonly Resource[] | Promise<readonly Resource[]>;
}

/** A workload that exists on the host now, independent of the plan. */
export interface ExistingWorkload {
  readonly name: string;
  /** The fixed address inside the set's network, which the workload keeps while it does not run. */
  readonly address: string;
  readonly running: boolean;
  /** The ports that the workload publishes now. @default none: the host publishes no ports */
  readonly ports?: readonly WorkloadPort[];
  /** Sends SIGTERM, waits for the stop grace of the workload, and then kills it. Its volume is kept. */
  stop(): Promise<void>;
  /** Starts the workload again after a stop. */
  start(): Promise<void>;
}

/** A place where workloads run. */
export interface Host {
  /** Declares a workload. */
  run(workload: Workload, placement: Placement): DeclaredWorkload;
  /** Lists the workloads of the set that exist on the host now; for hooks, while resources are created. */
  existing(): Promise<readonly ExistingWorkload[]>;
  /**
   * Returns true if the current update creates a declared workload; for hooks that run after its creation. A new
   * workload has no data that other workloads depend on. It may need workloads that are created after it to become
   * ready.
   */
  isNew(name: string): boolean;
  /**
   * Waits up to five minutes until the probes of declared workloads pass; for before-hooks only. The first failure ends
   * the wait, because the other workloads may depend on the one that failed.
   *
   * @throws NotReadyError with the host's message about the workload that failed
   */
  awaitReady(names: readonly string[]): Promise<void>;
  /**
   * Checks that the set's names are free on this host. For hooks that run before anything is created, while the state
   * has no object of the set on this host.
   *
   * @throws ProblemsError when objects with the set's name exist that this state did not create
   */
  requireUnclaimed(): Promise<void>;
}
