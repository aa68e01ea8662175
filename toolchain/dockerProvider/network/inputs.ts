import { labelFields } from "../docker/labels.ts";
import type { Fields, ValuesOf } from "../schema/schema.ts";

const ipamConfig = {
  auxAddress: { kind: "map" },
  gateway: { kind: "string" },
  ipRange: { kind: "string" },
  subnet: { kind: "string" },
} as const satisfies Fields;

/** The inputs of a network. */
export const inputs = {
  attachable: { kind: "boolean", replaces: true },
  driver: { kind: "string", replaces: true, computed: true },
  ingress: { kind: "boolean", replaces: true },
  internal: { kind: "boolean", replaces: true, computed: true },
  ipamConfigs: { kind: "set", of: { kind: "object", fields: ipamConfig }, replaces: true, computed: true },
  ipamDriver: { kind: "string", default: "default", replaces: true },
  ipamOptions: { kind: "map", replaces: true },
  ipv6: { kind: "boolean", replaces: true },
  labels: { kind: "set", of: { kind: "object", fields: labelFields }, replaces: true },
  name: { kind: "string", replaces: true },
  options: { kind: "map", replaces: true, computed: true },
} as const satisfies Fields;

export type NetworkInputs = ValuesOf<typeof inputs> & { readonly name: string };
