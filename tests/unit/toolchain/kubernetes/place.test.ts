import { describe, expect, test } from "vitest";
import {
  addressOf,
  dnsAddress,
  maxNodes,
  placeOf,
  podSubnet,
  subnetsOf,
} from "../../../../toolchain/kubernetes/place.ts";

const environment = { XDG_STATE_HOME: "/state" };
const local = placeOf("local", environment);
const tests = placeOf("test", environment);

test("the clusters `local` and `test` share no folder, name or network, so both can run at the same time", () => {
  for (const key of ["folder", "link", "cgroup"] as const) {
    expect(local[key]).not.toBe(tests[key]);
  }
  expect(new Set([...subnetsOf(local), ...subnetsOf(tests)]).size).toBe(6);
});

test("the folder of a cluster is in the user's state folder", () => {
  expect(local.folder).toBe("/state/redis-ha/clusters/local");
});

describe.each([local, tests])("the cluster $name", (place) => {
  test("has an interface name of at most 15 characters, the limit of Linux", () => {
    expect(place.link.length).toBeLessThanOrEqual(15);
  });

  test("has a different address for each machine", () => {
    const nodes = Array.from({ length: maxNodes }, (_nothing, index) => addressOf(place, `node-${index + 1}`));
    expect(new Set([addressOf(place, "control"), ...nodes]).size).toBe(maxNodes + 1);
    expect(nodes[0]).toBe(`${place.machineNetwork}.11`);
  });

  test("has its pods and its DNS in its own networks", () => {
    expect(podSubnet(place, 3)).toBe(`${place.podNetwork}.3.0/24`);
    expect(dnsAddress(place)).toBe(`${place.serviceNetwork}.0.10`);
  });
});
