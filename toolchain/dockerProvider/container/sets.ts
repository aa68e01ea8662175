import { setOrder } from "../schema/setOrder.ts";
import { type ContainerInputs, containerInputs } from "./schema.ts";

type Members<K extends keyof ContainerInputs> =
  NonNullable<ContainerInputs[K]> extends readonly (infer M)[] ? M : never;

/** The members of an input that is a set, in the official plugin's order; none when it is absent. */
export function ordered<K extends keyof ContainerInputs>(inputs: ContainerInputs, name: K): Members<K>[] {
  const property = containerInputs[name];
  const members = inputs[name];
  if (property.kind !== "set" || !Array.isArray(members)) {
    return [];
  }
  return setOrder(property.of, members) as Members<K>[];
}

/** A list that something is in; undefined for an empty one, which Docker is not told of. */
export function present<T>(list: readonly T[] | undefined): T[] | undefined {
  return list === undefined || list.length === 0 ? undefined : [...list];
}
