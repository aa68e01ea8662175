import "zod";

declare module "zod" {
  interface GlobalMeta {
    /** The effect of a change of the setting on a running set. */
    effect?: Effect;
    /** Where the value comes from if it is not configured and has no fixed default. */
    derived?: string;
  }
}

export type Effect = keyof typeof effects;

export const effects = {
  recreate: "replaces everything, volumes included: **the data is lost**",
  another:
    "creates a new set and then removes the old one: **the data is lost**. Both sets exist for a while, so each needs its own addresses and, on Docker, its own ports. To avoid this, run `npm run down` first",
  cluster: "is refused if it selects another cluster. Run `npm run down` first: **the data is lost**",
  fixed: "is refused while the set is up. Run `npm run down` first: **the data is lost**",
  newNodes: "applies only to nodes that are added later",
  policies: "changes who may connect; nothing restarts",
  monitors: "changes what Prometheus scrapes; nothing restarts",
  shares:
    "changes running containers in place. If the setting is removed, containers keep the last weight until they are replaced",
  network: "replaces the network and all containers at once; the volumes stay",
  scale:
    "adds or removes nodes. The other nodes restart one at a time with the new list of nodes and keep their addresses, ports and data",
  ports:
    "replaces the nodes that publish the changed ports, one at a time; the volumes stay. A port that another node of the set uses is refused",
  everyNode: "replaces every container, one at a time; the volumes stay",
  nodes: "replaces data nodes and Sentinels one at a time, the master last; the volumes stay",
  dataNodes: "replaces the data nodes one at a time, the master last; the volumes stay",
  dataNodesAndGateways:
    "replaces the data nodes one at a time, the master last, and the gateways whose connection limit changes; the volumes stay",
  sentinels: "replaces the Sentinels one at a time; the volumes stay",
  gateway: "adds, replaces or removes gateways one at a time; their clients reconnect",
  exporter: "adds, replaces or removes the exporter",
  commander: "adds, replaces or removes Redis Commander",
  loginProxy: "replaces the login proxy",
  login: "replaces the login proxy; the stack's outputs contain the new login",
  clients: "changes the stack's outputs; applications use the new value after their next start",
} as const;
