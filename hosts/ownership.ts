/** An object with the state's identity that the state does not list, because the update that created it was killed. */
export interface Leftover {
  /** Such as `volume redis-ha-redis-0`. */
  readonly description: string;
  /** Removes the object with its data. */
  remove(): Promise<void>;
}

/** Which objects on its hosts a state may remove. */
export interface Claims {
  /** Messages about objects that the state lists but does not own; empty if it owns all of them. */
  readonly refusals: readonly string[];
  /** Objects to remove in addition, in the order in which they can be removed. */
  readonly leftovers: readonly Leftover[];
  /** Why a host could not be reached; undefined if all hosts answered. */
  readonly unreachable: string | undefined;
}
