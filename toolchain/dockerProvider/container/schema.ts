import { labelFields } from "../docker/labels.ts";
import type { Fields, IntegerProperty, Schema, StringProperty, ValuesOf } from "../schema/schema.ts";
import { durationProblem } from "./duration.ts";
import { uploadsProblem, volumesProblem } from "./problems.ts";

const string = { kind: "string" } as const;
const boolean = { kind: "boolean" } as const;
const strings = { kind: "set", of: string } as const;
const atLeastZero = {
  kind: "integer",
  problem: (value: number) => (value < 0 ? "0 or more" : undefined),
} as const satisfies IntegerProperty;
const duration = { kind: "string", default: "0s", problem: durationProblem } as const satisfies StringProperty;

const numericId = {
  kind: "string",
  problem: (value: string) => (/^\d*$/.test(value) ? undefined : "a numeric id (names are not implemented)"),
} as const satisfies StringProperty;

function oneOf<const Words extends readonly string[]>(...words: Words) {
  const problem = (value: string) => (words.includes(value) ? undefined : `one of ${words.join(", ")}`);
  return { kind: "string", problem } as const satisfies StringProperty;
}

const capabilities = { adds: strings, drops: strings } as const satisfies Fields;

const device = {
  hostPath: { kind: "string", required: true },
  containerPath: string,
  permissions: { kind: "string", default: "rwm" },
} as const satisfies Fields;

const throttle = {
  kind: "set",
  of: {
    kind: "object",
    fields: { path: { kind: "string", required: true }, rate: { ...atLeastZero, required: true } },
  },
} as const;

const healthcheck = {
  tests: { kind: "list", of: string },
  interval: duration,
  timeout: duration,
  startPeriod: duration,
  startInterval: duration,
  retries: { ...atLeastZero, default: 0 },
} as const satisfies Fields;

const hostEntry = {
  host: { kind: "string", required: true },
  ip: { kind: "string", required: true },
} as const satisfies Fields;

const mount = {
  target: { kind: "string", required: true },
  source: string,
  type: { ...oneOf("bind", "volume", "tmpfs"), required: true },
  readOnly: boolean,
  bindOptions: {
    kind: "object",
    fields: { propagation: oneOf("private", "rprivate", "shared", "rshared", "slave", "rslave") },
  },
  volumeOptions: {
    kind: "object",
    fields: {
      noCopy: boolean,
      labels: { kind: "set", of: { kind: "object", fields: labelFields } },
      driverName: string,
      driverOptions: { kind: "map" },
      subpath: { kind: "string", problem: () => "no subpath: it is not implemented by this Docker plugin" },
    },
  },
  tmpfsOptions: { kind: "object", fields: { sizeBytes: { kind: "integer" }, mode: { kind: "integer" } } },
} as const satisfies Fields;

const attachedNetwork = {
  name: { kind: "string", required: true },
  aliases: strings,
  ipv4Address: string,
  ipv6Address: string,
  linkLocalIps: strings,
  macAddress: string,
  driverOpts: strings,
  gwPriority: atLeastZero,
} as const satisfies Fields;

const port = {
  internal: { kind: "integer", required: true },
  external: { kind: "integer", computed: true },
  ip: { kind: "string", default: "0.0.0.0" },
  protocol: { kind: "string", default: "tcp" },
} as const satisfies Fields;

const ulimit = {
  name: { kind: "string", required: true },
  soft: { kind: "integer", required: true },
  hard: { kind: "integer", required: true },
} as const satisfies Fields;

const upload = {
  file: { kind: "string", required: true },
  content: { kind: "string", hidden: true },
  contentBase64: {
    kind: "string",
    hidden: true,
    problem: (value: string) =>
      /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value)
        ? undefined
        : "base64 with padding",
  },
  source: string,
  sourceHash: string,
  executable: { kind: "boolean", default: false },
  owner: numericId,
  group: numericId,
  permissions: {
    kind: "string",
    problem: (value: string) => (/^0[0-7]{3}$/.test(value) ? undefined : 'octal permissions such as "0644"'),
  },
} as const satisfies Fields;

const volume = {
  containerPath: string,
  fromContainer: string,
  hostPath: {
    kind: "string",
    problem: (value: string) => (/^([a-zA-Z]:\\|\/)/.test(value) ? undefined : "an absolute path"),
  },
  readOnly: boolean,
  selinuxRelabel: oneOf("z", "Z"),
  volumeName: string,
} as const satisfies Fields;

/** The inputs of a container, with their defaults. A change of an input with `replaces` needs a new container. */
export const containerInputs = {
  attach: { kind: "boolean", default: false },
  capabilities: { kind: "object", fields: capabilities, replaces: true },
  cgroupParent: { kind: "string", replaces: true },
  cgroupnsMode: { ...oneOf("private", "host"), replaces: true },
  command: {
    kind: "list",
    of: { kind: "string", problem: (value: string) => (value === "" ? "no empty word in a command" : undefined) },
    replaces: true,
    computed: true,
  },
  // Accepted because the official plugin accepts it. It has no effect.
  containerReadRefreshTimeoutMilliseconds: { kind: "integer", default: 15000 },
  cpuPeriod: atLeastZero,
  cpuQuota: atLeastZero,
  cpuSet: {
    kind: "string",
    problem: (value: string) =>
      /^\d+([,-]\d+)*$/.test(value) ? undefined : 'processor numbers such as "0-1" or "0,3"',
  },
  cpuShares: atLeastZero,
  cpus: {
    kind: "string",
    replaces: true,
    problem: (value: string) => (/^\d+(\.\d{1,9})?$/.test(value) ? undefined : 'a number of processors such as "0.5"'),
  },
  destroyGraceSeconds: { kind: "integer" },
  deviceCgroupRules: { ...strings, replaces: true },
  deviceReadBps: throttle,
  deviceReadIops: throttle,
  deviceWriteBps: throttle,
  deviceWriteIops: throttle,
  devices: { kind: "set", of: { kind: "object", fields: device }, replaces: true },
  dns: { ...strings, replaces: true },
  dnsOpts: { ...strings, replaces: true },
  dnsSearches: { ...strings, replaces: true },
  domainname: { kind: "string", replaces: true },
  entrypoints: { kind: "list", of: string, replaces: true, computed: true },
  envs: { ...strings, replaces: true, computed: true },
  groupAdds: { ...strings, replaces: true },
  healthcheck: { kind: "object", fields: healthcheck, computed: true },
  hostname: { kind: "string", replaces: true, computed: true },
  hosts: { kind: "set", of: { kind: "object", fields: hostEntry }, replaces: true },
  image: { kind: "string", required: true, replaces: true },
  init: { kind: "boolean", computed: true },
  ipcMode: { kind: "string", replaces: true, computed: true },
  labels: { kind: "set", of: { kind: "object", fields: labelFields }, replaces: true, computed: true },
  logDriver: { kind: "string", replaces: true, computed: true },
  logOpts: { kind: "map", replaces: true },
  logs: { kind: "boolean", default: false },
  maxRetryCount: { kind: "integer" },
  memory: atLeastZero,
  memoryReservation: { ...atLeastZero, default: 0 },
  memorySwap: { kind: "integer", problem: (value: number) => (value < -1 ? "-1 or more" : undefined) },
  mounts: { kind: "set", of: { kind: "object", fields: mount }, replaces: true },
  mustRun: { kind: "boolean", default: true },
  name: { kind: "string", replaces: true },
  networkMode: { kind: "string", default: "bridge", replaces: true },
  networksAdvanced: { kind: "set", of: { kind: "object", fields: attachedNetwork }, replaces: true },
  pidMode: { kind: "string", replaces: true },
  platform: { kind: "string", replaces: true, computed: true },
  ports: { kind: "list", of: { kind: "object", fields: port }, replaces: true, dockerOrder: true },
  privileged: { kind: "boolean", replaces: true },
  publishAllPorts: { kind: "boolean", replaces: true },
  readOnly: { kind: "boolean", default: false, replaces: true },
  removeVolumes: { kind: "boolean", default: true },
  restart: { ...oneOf("no", "on-failure", "always", "unless-stopped"), default: "no" },
  rm: { kind: "boolean", default: false },
  runtime: { kind: "string", replaces: true, computed: true },
  securityOpts: { ...strings, replaces: true, computed: true },
  shmSize: { ...atLeastZero, replaces: true, computed: true },
  start: { kind: "boolean", default: true },
  stdinOpen: { kind: "boolean", default: false, replaces: true },
  stopSignal: { kind: "string", replaces: true, computed: true },
  stopTimeout: { kind: "integer", replaces: true, computed: true },
  storageOpts: { kind: "map", replaces: true },
  sysctls: { kind: "map", replaces: true },
  tmpfs: { kind: "map" },
  tty: { kind: "boolean", default: false, replaces: true },
  ulimits: { kind: "set", of: { kind: "object", fields: ulimit }, replaces: true },
  uploads: { kind: "set", of: { kind: "object", fields: upload }, replaces: true, membersProblem: uploadsProblem },
  user: { kind: "string", replaces: true, emptyIsUnset: true },
  usernsMode: { kind: "string", replaces: true },
  volumes: { kind: "set", of: { kind: "object", fields: volume }, replaces: true, membersProblem: volumesProblem },
  wait: { kind: "boolean", default: false },
  waitTimeout: { kind: "integer", default: 60 },
  workingDir: { kind: "string", replaces: true, emptyIsUnset: true },
} as const satisfies Fields;

export type ContainerInputs = ValuesOf<typeof containerInputs> & { readonly name: string };
export type Mount = ValuesOf<typeof mount>;
export type Upload = ValuesOf<typeof upload>;
export type Port = ValuesOf<typeof port>;
export type AttachedNetwork = ValuesOf<typeof attachedNetwork>;
export type Volume = ValuesOf<typeof volume>;
export type Healthcheck = ValuesOf<typeof healthcheck>;

const official = "use the official plugin of @pulumi/docker for it";

export const containerSchema: Schema = {
  token: "docker:index/container:Container",
  version: "2",
  inputs: containerInputs,
  outputs: ["bridge", "containerLogs", "exitCode", "networkDatas"],
  refused: { deviceRequests: official, gpus: official },
  named: true,
  deleteBeforeReplace: true,
};
