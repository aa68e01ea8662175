import type { Endpoint, NodeSize, Topology } from "../../../topology/topology.ts";

export const password = "correct-horse-battery";

const size: NodeSize = { cpus: 0.25, memory: 256 * 1024 * 1024, disk: 1024 ** 3 };

/** The addresses of the nodes of a planned set, by kind and ordinal. */
export interface Places {
  readonly dataNode: (ordinal: number) => { readonly endpoint: Endpoint; readonly published: Endpoint };
  readonly sentinel: (ordinal: number) => { readonly endpoint: Endpoint; readonly published: Endpoint };
}

const usualPlaces: Places = {
  dataNode: (ordinal) => ({
    endpoint: { host: `10.41.0.${10 + ordinal}`, port: 6379 },
    published: { host: "127.0.0.1", port: 6379 + ordinal },
  }),
  sentinel: (ordinal) => ({
    endpoint: { host: `10.41.0.${20 + ordinal}`, port: 26379 },
    published: { host: "127.0.0.1", port: 26379 + ordinal },
  }),
};

/** A master, two replicas and three Sentinels; no gateway, no exporter and no Commander. */
export function plannedSet(places: Places = usualPlaces): Topology {
  return {
    name: "sample",
    masterName: "mymaster",
    images: "local",
    host: { target: "docker", subnet: "10.41.0.0/24", gateway: "10.41.0.1" },
    dataNodes: [0, 1, 2].map((ordinal) => ({
      name: `redis-${ordinal}`,
      ordinal,
      priority: 100,
      size,
      ...places.dataNode(ordinal),
    })),
    sentinels: [0, 1, 2].map((ordinal) => ({
      name: `sentinel-${ordinal}`,
      ordinal,
      id: String(ordinal + 1).repeat(40),
      size,
      ...places.sentinel(ordinal),
    })),
    sentinelRules: { quorum: 2, downAfter: 60_000, failoverTimeout: 60_000, parallelSyncs: 1 },
    redisRules: {
      maxmemory: 64 * 1024 * 1024,
      maxmemoryPolicy: "allkeys-lru",
      clientBuffers: 8 * 1024 ** 2,
      replicationBacklog: 1024 * 1024,
      replicaOutputBuffer: 16 * 1024 * 1024,
      appendonly: true,
      appendfsync: "everysec",
      save: [
        [900, 1],
        [300, 10],
      ],
      timeout: 0,
      tcpKeepalive: 60,
      ioThreads: 1,
      minReplicasToWrite: 1,
      minReplicasMaxLag: 10,
      directives: {},
    },
    gateways: [],
    exporter: undefined,
    commander: undefined,
    loginProxy: undefined,
    client: { db: 2, poolSize: 10, minIdle: 5, maxConnections: 50 },
  };
}
