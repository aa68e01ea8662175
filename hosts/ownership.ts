/** An object with the state's identity that the state does not list: the update that made it was killed. */
export interface Leftover {
  /** Such as `volume redis-ha-redis-0`. */
  readonly description: string;
  /** Removes it with its data. */
  remove(): Promise<void>;
}

/** What the hosts say of the objects that a state wants to remove. */
export interface Claims {
  /** Why objects that the state knows are not its own; empty when all are. */
  readonly refusals: readonly string[];
  /** In the order in which they can be removed. */
  readonly leftovers: readonly Leftover[];
  /** Why a host could not be asked. */
  readonly unreachable: string | undefined;
}
