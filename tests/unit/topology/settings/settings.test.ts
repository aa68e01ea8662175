import { describe, expect, test } from "vitest";
import { SettingsError } from "../../../../topology/settings/problem.ts";
import { parseSettings, validateSettings } from "../../../../topology/settings/settings.ts";
import { refusalOf } from "../../../support/unit/judgement.ts";

const password = "correct-horse-battery";

describe("the configuration of a stack", () => {
  test("results in the same settings as a program's, although numbers, flags and objects are texts", () => {
    const { settings, secrets, warnings } = parseSettings(
      {
        "redis-ha:replicas": "3",
        "redis-ha:images": "local",
        "redis-ha:size": '{"preset":"dev","replica":{"cpus":"0.5"}}',
        "redis-ha:sentinels": '{"count":"5","downAfter":"500ms"}',
        "redis-ha:redis": '{"appendonly":"false","save":"","directives":{"hz":20}}',
        "redis-ha:exporter": '{"enabled":false}',
      },
      "redis-ha",
    );
    expect(settings).toEqual(
      validateSettings({
        replicas: 3,
        images: "local",
        size: { preset: "dev", replica: { cpus: 0.5 } },
        sentinels: { count: 5, downAfter: "500ms" },
        redis: { appendonly: false, save: "", directives: { hz: 20 } },
        exporter: { enabled: false },
      }),
    );
    expect({ secrets, warnings }).toEqual({ secrets: {}, warnings: [] });
  });

  test("may contain keys of other namespaces, which are ignored", () => {
    const raw = { "docker:host": "tcp://10.0.0.1", "pulumi:tags": "{}", "redis-ha-2:replicas": "x", replicas: "x" };
    expect(parseSettings(raw, "redis-ha").settings).toEqual(validateSettings({}));
  });

  test("is split into passwords and settings without passwords", () => {
    const raw = {
      "redis-ha:password": password,
      "redis-ha:commander": JSON.stringify({ user: "root", password: `${password}-2` }),
      "redis-ha:gateway": JSON.stringify({ count: 2, password: `${password}-3` }),
    };
    const { settings, secrets } = parseSettings(raw, "redis-ha");
    expect(secrets).toEqual({
      password,
      gatewayPassword: `${password}-3`,
      commanderPassword: `${password}-2`,
    });
    expect(settings.commander).toEqual({ enabled: true, user: "root", readOnly: false });
    expect(settings.gateway).toEqual({ enabled: true, count: 2, user: "admin" });
    expect(JSON.stringify(settings)).not.toContain(password);
  });

  test("causes a warning for each password in plain text, and none for encrypted passwords", () => {
    const raw = { "redis-ha:password": password, "redis-ha:commander": JSON.stringify({ password }) };
    expect(parseSettings(raw, "redis-ha", ["redis-ha:commander"]).warnings).toEqual([
      {
        path: "password",
        got: "a password in plain text",
        expected: "an encrypted password",
        advice: "set it with `pulumi config set --secret --path 'password'`",
      },
    ]);
  });

  test("is refused with all problems in one error, including contradictions between its valid settings", () => {
    const raw = {
      "redis-ha:replicas": "many",
      "redis-ha:sentinels": '{"count":3,"quorum":4,"downAfter":"fast"}',
      "redis-ha:redis": '{"minReplicasToWrite":5}',
      "redis-ha:clients": "{}",
      "redis-ha:docker": "{broken",
    };
    expect(refusalOf(() => parseSettings(raw, "redis-ha")).map(({ path, got }) => `${path}: ${got}`)).toEqual([
      "replicas: many",
      "sentinels.downAfter: fast",
      "docker: a text of 7 characters",
      "clients: an unknown key",
      "sentinels.quorum: 4",
    ]);
  });

  test("is refused with one line for each problem", () => {
    const read = () => parseSettings({ "redis-ha:replicas": "many", "redis-ha:size": "medium" }, "redis-ha");
    expect(read).toThrow(
      new SettingsError([
        { path: "replicas", got: "many", expected: "a whole number from 0 to 30" },
        {
          path: "size",
          got: "medium",
          expected:
            "minimum, recommended, dev, or an object with no other keys than preset, master, replica, sentinel, gateway, exporter, commander or loginProxy",
        },
      ]),
    );
  });
});

describe("an invalid password is refused without being printed", () => {
  const expected = "16 to 128 letters, digits and the characters . _ = -";
  const advice = "leave it out, and a password is generated";

  test.each([
    ["hunter2", "a text of 7 characters"],
    ["", "a text of 0 characters"],
    ["hunter2".repeat(20), "a text of 140 characters"],
    ["hunter2 'quoted' #", "a text of 18 characters, 5 of them not allowed"],
    ["hunter2hunter2\nport 1", "a text of 21 characters, 2 of them not allowed"],
    ["hunter2-hunter2-ü", "a text of 17 characters, 1 of them not allowed"],
    ['{"hunter2":"hunter2"}', "a text of 21 characters, 7 of them not allowed"],
  ])("%j", (text, got) => {
    expect(refusalOf(() => parseSettings({ "redis-ha:password": text }, "redis-ha"))).toEqual([
      { path: "password", got, expected, advice },
    ]);
    const commander = JSON.stringify({ password: text });
    expect(refusalOf(() => parseSettings({ "redis-ha:commander": commander }, "redis-ha"))).toEqual([
      { path: "commander.password", got, expected, advice },
    ]);
  });

  test("also if it is a number", () => {
    const commander = JSON.stringify({ password: 1234567890123456 });
    expect(refusalOf(() => parseSettings({ "redis-ha:commander": commander }, "redis-ha"))).toEqual([
      { path: "commander.password", got: "a number", expected, advice },
    ]);
  });

  test("also if the object around it is invalid JSON, or if a text replaces the object", () => {
    for (const text of ['{"password":"hunter2-hunter2-hunter2"', "hunter2", "[hunter2]"]) {
      const problems = refusalOf(() => parseSettings({ "redis-ha:commander": text }, "redis-ha"));
      expect(problems).toHaveLength(1);
      expect(JSON.stringify(problems)).not.toContain("hunter2");
    }
  });
});

describe("directives of redis.conf", () => {
  test("accept their arguments as a text, a number, a flag or a list", () => {
    const directives = {
      hz: 20,
      activedefrag: true,
      "client-output-buffer-limit": "normal 0 0 0  pubsub 32mb 8mb 60",
      "notify-keyspace-events": "",
      "proc-title-template": ["{title} {port}", 'a "quoted" one'],
    };
    expect(validateSettings({ redis: { directives } }).redis.directives).toEqual({
      hz: ["20"],
      activedefrag: ["yes"],
      "client-output-buffer-limit": ["normal", "0", "0", "0", "pubsub", "32mb", "8mb", "60"],
      "notify-keyspace-events": [""],
      "proc-title-template": ["{title} {port}", 'a "quoted" one'],
    });
  });
});

test("redis.save is parsed to pairs of seconds and changes", () => {
  expect(validateSettings({ redis: { save: " 900 1  300 10 " } }).redis.save).toEqual([
    [900, 1],
    [300, 10],
  ]);
  expect(validateSettings({ redis: { save: "" } }).redis.save).toEqual([]);
});

test("snapshots are taken once an hour with an append-only file, and at the default times of Redis without one", () => {
  const hourly = [3600, 1];
  expect(validateSettings({}).redis.save).toEqual([hourly]);
  expect(validateSettings({ redis: { appendonly: false } }).redis.save).toEqual([hourly, [300, 100], [60, 10_000]]);
});

test("the default quorum is the majority of the Sentinels", () => {
  const quorums = [1, 2, 3, 4, 5].map((count) => validateSettings({ sentinels: { count } }).sentinels.quorum);
  expect(quorums).toEqual([1, 2, 2, 3, 3]);
});
