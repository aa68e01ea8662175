import type { Configuration } from "./deployment.ts";

/**
 * The subnets and ports of these tests' sets, one set for each test file. They overlap neither each other nor the
 * stacks of the project. Ports are below 32768, because Linux uses higher ones as local ports of outgoing connections.
 */
const places = {
  "ha-test-up": {
    subnet: "10.213.1.0/24",
    ports: {
      redis: 16379,
      sentinel: 17379,
      writes: 16479,
      reads: 16579,
      statistics: 18404,
      exporter: 19121,
      commander: 18081,
    },
  },
  "ha-test-verification": { subnet: "10.213.2.0/24", ports: { redis: 16389, sentinel: 17389 } },
  "ha-test-circumstances": { subnet: "10.213.3.0/24", ports: { redis: 16399, sentinel: 17399 } },
  "ha-test-restart": { subnet: "10.213.4.0/24", ports: { redis: 16409, sentinel: 17409 } },
  "ha-test-changes": { subnet: "10.213.5.0/24", ports: { redis: 16419, sentinel: 17419 } },
  "ha-test-daemon": { subnet: "10.213.8.0/24", ports: { redis: 16439, sentinel: 17439 } },
  "ha-test-interruption": { subnet: "10.213.6.0/24", ports: { redis: 16429, sentinel: 17429 } },
  "ha-test-limits": { subnet: "10.213.41.0/24", ports: { redis: 16449, sentinel: 17449 } },
  "ha-test-delays": {
    subnet: "10.213.9.0/24",
    ports: { redis: 16640, sentinel: 17640, writes: 16650, reads: 16660, statistics: 16670 },
  },
  "ha-test-little-cpu": {
    subnet: "10.213.42.0/24",
    ports: {
      redis: 16700,
      sentinel: 17700,
      writes: 16710,
      reads: 16720,
      statistics: 16730,
      exporter: 16740,
      commander: 16750,
    },
  },
  "ha-test-faults": {
    subnet: "10.213.40.0/24",
    ports: { redis: 16600, sentinel: 17600, writes: 16610, reads: 16620, statistics: 16630 },
  },
} as const;

export type SetName = keyof typeof places;

/** A default set: master, two replicas, three Sentinels, a gateway, exporter and Redis Commander. */
export function defaultSet(name: SetName) {
  return { name, images: "local", size: "dev", docker: places[name] } satisfies Configuration;
}

/** The default set without exporter and Redis Commander. */
export function setWithGateway(name: SetName) {
  const absent = { enabled: false };
  return { ...defaultSet(name), exporter: absent, commander: absent } satisfies Configuration;
}

/** The default set without gateway, exporter and Redis Commander. */
export function bareSet(name: SetName) {
  const absent = { enabled: false };
  return { ...defaultSet(name), gateway: absent, exporter: absent, commander: absent } satisfies Configuration;
}

/** The smallest set with a replica and a Sentinel, for tests that do not depend on the number of nodes. */
export function smallSet(name: SetName) {
  return { ...bareSet(name), replicas: 1, sentinels: { count: 1 } } satisfies Configuration;
}
