import fc from "fast-check";
import type { SettingsInput } from "../../../topology/settings/settings.ts";

/** Settings that match the schema. Their combination may still be rejected. */
export function wellFormedSettings(): fc.Arbitrary<SettingsInput> {
  return fc.oneof(
    fc.record({ ...common(), docker: docker() }, { requiredKeys: [] }),
    fc.record(
      { ...common(), kubernetes: kubernetes(), target: fc.constant("kubernetes" as const) },
      { requiredKeys: ["target"] },
    ),
  );
}

/** The settings that every target has. */
function common() {
  return {
    name: fc.stringMatching(/^[a-z]([a-z0-9-]{0,10}[a-z0-9])?$/),
    replicas: fc.integer({ min: 0, max: 30 }),
    masterName: fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/),
    images: fc.constantFrom("upstream" as const, "local" as const),
    size: sizes(),
    sentinels: someOf({
      count: fc.integer({ min: 1, max: 15 }),
      quorum: fc.integer({ min: 1, max: 15 }),
      downAfter: fc.integer({ min: 100, max: 20_000 }).map((value) => `${value}ms` as const),
      failoverTimeout: fc.integer({ min: 15, max: 60 }).map((value) => `${value}s` as const),
      parallelSyncs: fc.integer({ min: 1, max: 30 }),
    }),
    redis: someOf({
      maxmemory: megabytes(16, 512),
      appendonly: fc.boolean(),
      save: fc.constantFrom("", "900 1", "3600 1 300 100 60 10000"),
      timeout: fc.integer({ min: 0, max: 300 }).map((value) => `${value}s` as const),
      ioThreads: fc.integer({ min: 1, max: 8 }),
      minReplicasToWrite: fc.integer({ min: 0, max: 3 }),
      minReplicasMaxLag: fc.integer({ min: 1, max: 60 }).map((value) => `${value}s` as const),
      directives: fc.dictionary(
        fc.constantFrom("hz", "maxclients", "lfu-decay-time", "lfu-log-factor", "port"),
        fc.integer(),
        {
          maxKeys: 2,
        },
      ),
    }),
    gateway: someOf({ enabled: fc.boolean(), count: fc.integer({ min: 1, max: 5 }) }),
    exporter: someOf({ enabled: fc.boolean() }),
    commander: someOf({ enabled: fc.boolean(), user: fc.stringMatching(/^[a-z]{1,8}$/), readOnly: fc.boolean() }),
    client: someOf({
      db: fc.integer({ min: 0, max: 15 }),
      poolSize: fc.integer({ min: 5, max: 60 }),
      minIdle: fc.integer({ min: 0, max: 10 }),
      maxConnections: fc.integer({ min: 40, max: 100 }),
    }),
  };
}

function docker() {
  return someOf({
    subnet: subnets(),
    publishAddress: fc.ipV4(),
    cpuShares: fc.integer({ min: 2, max: 262_144 }),
    ports: someOf({
      redis: ports(6379),
      sentinel: ports(7000),
      writes: ports(10_000),
      reads: ports(11_000),
      statistics: ports(12_000),
      exporter: ports(8000),
      commander: ports(9000),
    }),
  });
}

function kubernetes() {
  return someOf({
    namespace: fc.stringMatching(/^[a-z][a-z0-9]{0,10}$/),
    serviceSubnet: subnets(),
    storageClass: fc.constantFrom("standard", "fast.example.com"),
    cpuReservation: fc.double({ min: 0.01, max: 1, noNaN: true }),
    spread: someOf({ nodes: strictness(), zones: strictness() }),
    monitors: someOf({
      enabled: fc.boolean(),
      labels: fc.dictionary(fc.constantFrom("release", "example.com/team"), fc.constantFrom("", "prometheus")),
    }),
  });
}

/** Settings in which any value on any level may be replaced by an arbitrary value. */
export function damagedSettings(): fc.Arbitrary<unknown> {
  const damage = fc.record({
    path: fc.array(fc.nat(), { maxLength: 3 }),
    value: fc.anything(arbitraryValues),
    key: fc.string(),
  });
  return fc
    .tuple(wellFormedSettings(), fc.array(damage, { maxLength: 4 }))
    .map(([settings, damages]) =>
      damages.reduce<unknown>((input, { path, value, key }) => damaged(input, path, value, key), settings),
    );
}

/** Configurations that Pulumi might pass: keys of this program and other keys, with any text, JSON or not. */
export function rawConfigurations(): fc.Arbitrary<Readonly<Record<string, string>>> {
  const names = [
    "replicas",
    "size",
    "sentinels",
    "redis",
    "docker",
    "gateway",
    "commander",
    "password",
    "sentinels.count",
    "__proto__",
  ];
  const key = fc.oneof(fc.constantFrom(...names.map((name) => `redis-ha:${name}`)), fc.string());
  const text = fc.oneof(fc.string(), fc.json(), fc.integer().map(String), damagedSettings().map(asJson));
  return fc.dictionary(key, text, { maxKeys: 8 });
}

const arbitraryValues = {
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
};

function someOf<Model>(model: { [Key in keyof Model]: fc.Arbitrary<Model[Key]> }) {
  return fc.record(model, { requiredKeys: [] });
}

function sizes() {
  const node = () =>
    someOf({
      cpus: fc.double({ min: 0.1, max: 64, noNaN: true }),
      memory: megabytes(64, 65_536),
      disk: megabytes(16, 1_000_000),
    });
  const preset = () => fc.constantFrom("minimum" as const, "recommended" as const, "dev" as const);
  return fc.oneof(preset(), someOf({ preset: preset(), master: node(), replica: node() }));
}

function strictness() {
  return fc.constantFrom("required" as const, "preferred" as const);
}

function subnets(): fc.Arbitrary<string> {
  const privateNetworks = fc.tuple(fc.nat(255), fc.integer({ min: 24, max: 30 }));
  return fc.oneof(
    privateNetworks.map(([octet, prefix]) => `10.63.${octet}.0/${prefix}`),
    fc.constantFrom("172.31.0.0/16", "10.0.0.0/8", "192.168.254.0/23", "9.0.0.0/8"),
  );
}

/** A port that is mostly near its usual value, and sometimes conflicts with another. */
function ports(usual: number): fc.Arbitrary<number> {
  return fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: usual, max: usual + 500 }) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 65_535 }) },
  );
}

function megabytes(min: number, max: number) {
  return fc.integer({ min, max }).map((value) => `${value}MB` as const);
}

/** Puts the value at a path of the object, or under a new key if the path ends in an object. */
function damaged(input: unknown, path: readonly number[], value: unknown, newKey: string): unknown {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    return value;
  }
  const [step, ...rest] = path;
  const key = step === undefined ? newKey : (Object.keys(input)[step % (Object.keys(input).length + 1)] ?? newKey);
  const inner = Object.hasOwn(input, key) ? (input as Readonly<Record<string, unknown>>)[key] : undefined;
  return { ...input, [key]: damaged(inner, rest, value, newKey) };
}

function asJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === "bigint" ? String(inner) : inner)) ?? "null";
}
