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

test("people's cluster and the tests' share nothing, so that they can run side by side", () => {
  for (const key of ["folder", "link", "cgroup"] as const) {
    expect(local[key]).not.toBe(tests[key]);
  }
  expect(new Set([...subnetsOf(local), ...subnetsOf(tests)]).size).toBe(6);
});

test("the folder is in the user's state", () => {
  expect(local.folder).toBe("/state/redis-ha/clusters/local");
});

describe.each([local, tests])("$name", (place) => {
  test("its interface has a name that Linux takes: 15 characters at most", () => {
    expect(place.link.length).toBeLessThanOrEqual(15);
  });

  test("its machines have addresses of their own", () => {
    const nodes = Array.from({ length: maxNodes }, (_nothing, index) => addressOf(place, `node-${index + 1}`));
    expect(new Set([addressOf(place, "control"), ...nodes]).size).toBe(maxNodes + 1);
    expect(nodes[0]).toBe(`${place.machineNetwork}.11`);
  });

  test("its pods and its DNS are within its networks", () => {
    expect(podSubnet(place, 3)).toBe(`${place.podNetwork}.3.0/24`);
    expect(dnsAddress(place)).toBe(`${place.serviceNetwork}.0.10`);
  });
});
