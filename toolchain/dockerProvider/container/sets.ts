import { setOrder } from "../schema/setOrder.ts";
import { type ContainerInputs, containerInputs } from "./schema.ts";

type Members<K extends keyof ContainerInputs> =
  NonNullable<ContainerInputs[K]> extends readonly (infer M)[] ? M : never;

/** Returns the members of a set in the order of the official plugin; an empty list if the input is absent. */
export function ordered<K extends keyof ContainerInputs>(inputs: ContainerInputs, name: K): Members<K>[] {
  const property = containerInputs[name];
  const members = inputs[name];
  if (property.kind !== "set" || !Array.isArray(members)) {
    return [];
  }
  return setOrder(property.of, members) as Members<K>[];
}

/** Returns a copy of the list; undefined for an empty list, which is not sent to Docker. */
export function present<T>(list: readonly T[] | undefined): T[] | undefined {
  return list === undefined || list.length === 0 ? undefined : [...list];
}
