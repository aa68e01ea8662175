/** Addresses of the sets of these tests within 10.101.0.0/16, where the tests' cluster has its Services. */
const subnets = {
  "ha-test-kube-quota": "10.101.0.32/27",
  "ha-test-kube-image": "10.101.0.64/27",
  "ha-test-kube-room": "10.101.0.96/27",
  "ha-test-kube-up": "10.101.0.128/27",
  "ha-test-kube-change": "10.101.0.160/27",
  "ha-test-kube-trouble": "10.101.0.192/27",
  "ha-test-kube-faults": "10.101.0.224/27",
  "ha-test-kube-killed": "10.101.1.0/27",
  sessions: "10.101.1.32/27",
} as const;

export type SetName = keyof typeof subnets;

/** A default set with two gateways. It reserves little CPU, because the cluster's machines share one small machine. */
export function defaultSet(name: SetName) {
  return { name, target: "kubernetes", gateway: { count: 2 }, ...onTestCluster(name) } as const;
}

/** What any set needs on the tests' cluster: images that no registry has, small sizes, addresses of its own. */
export function onTestCluster(name: SetName) {
  return { images: "local", size: "dev", kubernetes: kubernetes(name) } as const;
}

/** The default set without exporter and Redis Commander. */
export function setWithGateways(name: SetName) {
  const off = { enabled: false } as const;
  return { ...defaultSet(name), exporter: off, commander: off } as const;
}

/** The default set without gateways, exporter and Redis Commander. */
export function bareSet(name: SetName) {
  return { ...setWithGateways(name), gateway: { enabled: false } } as const;
}

/** The smallest set with a replica and a Sentinel, for tests that do not depend on the number of nodes. */
export function smallSet(name: SetName) {
  return { ...bareSet(name), replicas: 1, sentinels: { count: 1 } } as const;
}

function kubernetes(name: SetName) {
  return { serviceSubnet: subnets[name], cpuReservation: 0.05 } as const;
}
