import "zod";

declare module "zod" {
  interface GlobalMeta {
    /** What changing the setting does to a set that is running. */
    effect?: Effect;
    /** Where the value comes from when it is neither configured nor a fixed default. */
    derived?: string;
  }
}

export type Effect = keyof typeof effects;

export const effects = {
  recreate: "replaces everything, volumes included: **the data is lost**",
  another:
    "creates another set and then removes the old one: **the data is lost**. Until then both need addresses and, on Docker, ports of their own; or run `npm run down` first",
  cluster: "is refused if it leads to another cluster; run `npm run down` first: **the data is lost**",
  fixed: "is refused while the set is up; run `npm run down` first: **the data is lost**",
  newNodes: "applies to nodes that are added later",
  policies: "changes who may connect; nothing restarts",
  monitors: "changes what Prometheus scrapes; nothing restarts",
  shares: "changes running containers; without the setting they keep the last weight until they are replaced",
  network: "replaces the network and all containers at once; the volumes stay",
  scale:
    "adds or removes nodes; the others restart one at a time with the new list, and keep addresses, ports and data",
  ports:
    "replaces the nodes that publish them, one at a time; the volumes stay. A port that another node of the set uses is refused",
  everyNode: "replaces every container, one at a time; the volumes stay",
  nodes: "replaces data nodes and Sentinels one at a time, the master last; the volumes stay",
  dataNodes: "replaces the data nodes one at a time, the master last; the volumes stay",
  dataNodesAndGateways:
    "replaces the data nodes one at a time, the master last, and the gateways whose number of connections changes; the volumes stay",
  sentinels: "replaces the Sentinels one at a time; the volumes stay",
  gateway: "adds, replaces or removes gateways one at a time; their clients reconnect",
  exporter: "adds, replaces or removes the exporter",
  commander: "adds, replaces or removes Redis Commander",
  loginProxy: "replaces the login proxy",
  login: "replaces the login proxy; the outputs have the new login",
  clients: "changes the outputs; applications use it after their next start",
} as const;
