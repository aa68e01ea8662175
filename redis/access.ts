import type { TunnelOpener } from "../topology/tunnel.ts";
import { type Addressing, TunnelAddressing } from "./addressing.ts";
import { CheckFailure } from "./finding.ts";

/** Reaches a set whose host has to open a tunnel first. */
export interface SetAccess {
  /** @throws CheckFailure while a node does not run */
  open(): Promise<Addressing>;
  /** Reaches the nodes that run, even if some do not. Resolves to undefined if the host does not answer. */
  openUnchecked(): Promise<Addressing | undefined>;
  /** Milliseconds that the set may take to become reachable. */
  readonly timeout: number;
  /** Milliseconds between two attempts of a check. */
  readonly interval: number;
}

/** Reaches a set through the tunnels that its host opens. */
export function accessThrough(tunnels: TunnelOpener): SetAccess {
  return {
    timeout: tunnels.timeout,
    interval: tunnels.interval,
    open: async () => {
      const opened = await tunnels.open();
      if ("findings" in opened) {
        throw new CheckFailure(opened.findings);
      }
      return new TunnelAddressing(opened);
    },
    openUnchecked: async () => {
      const tunnel = await tunnels.openUnchecked();
      return tunnel === undefined ? undefined : new TunnelAddressing(tunnel);
    },
  };
}
