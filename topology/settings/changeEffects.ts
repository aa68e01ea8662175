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
  anew: "replaces everything, volumes included: **the data is lost**",
  another:
    "makes another set, beside the old one until that is removed: **the data is lost**; it needs addresses and, on Docker, ports of its own, or `npm run down` first",
  cluster: "is refused where it leads to another cluster; `npm run down` first: **the data is lost**",
  fixed: "is refused while the set is up; `npm run down` first: **the data is lost**",
  newNodes: "holds for nodes that are added from then on",
  policies: "changes who reaches the set; nothing restarts",
  monitors: "changes what Prometheus scrapes; nothing restarts",
  shares:
    "changes the containers while they run; without the setting they keep the last weight until they are replaced",
  network: "replaces the network and every container, all of them at once; the volumes stay",
  scale:
    "adds or removes nodes; the others restart one after another with the new list, and keep addresses, ports and data",
  ports:
    "replaces what publishes them, one node after another; the volumes stay. A port that another node of the set has at the moment is refused",
  everyNode: "replaces every container, one node after another; the volumes stay",
  nodes: "replaces data nodes and Sentinels, one after another, the master last; the volumes stay",
  dataNodes: "replaces the data nodes one after another, the master last; the volumes stay",
  dataNodesAndGateways:
    "replaces the data nodes one after another, the master last, and the gateways that lead more or fewer clients then; the volumes stay",
  sentinels: "replaces the Sentinels one after another; the volumes stay",
  gateway: "adds, replaces or removes gateways, one after another; their clients reconnect",
  exporter: "adds, replaces or removes the exporter",
  commander: "adds, replaces or removes Redis Commander",
  loginProxy: "replaces the login proxy",
  login: "replaces the login proxy; the outputs have the new login",
  clients: "changes the outputs; applications take it with their next start",
} as const;
