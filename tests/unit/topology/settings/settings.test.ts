import { describe, expect, test } from "vitest";
import { SettingsError } from "../../../../topology/settings/problem.ts";
import { parseSettings, validateSettings } from "../../../../topology/settings/settings.ts";
import { refusalOf } from "../../../support/unit/judgement.ts";

const password = "correct-horse-battery";

describe("the configuration of a stack", () => {
  test("says the same as a program's settings, with text for numbers, flags and objects", () => {
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

  test("leaves the keys of other namespaces alone", () => {
    const raw = { "docker:host": "tcp://10.0.0.1", "pulumi:tags": "{}", "redis-ha-2:replicas": "x", replicas: "x" };
    expect(parseSettings(raw, "redis-ha").settings).toEqual(validateSettings({}));
  });

  test("keeps passwords apart from the settings", () => {
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

  test("with passwords in plain text is warned about, unless they are encrypted", () => {
    const raw = { "redis-ha:password": password, "redis-ha:commander": JSON.stringify({ password }) };
    expect(parseSettings(raw, "redis-ha", ["redis-ha:commander"]).warnings).toEqual([
      {
        path: "password",
        got: "a password in plain text",
        expected: "an encrypted one",
        advice: "set it with `pulumi config set --secret --path 'password'`",
      },
    ]);
  });

  test("has every problem in one error, those between settings too, except where a setting is itself wrong", () => {
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

  test("is shown with all its problems, a line each", () => {
    const read = () => parseSettings({ "redis-ha:replicas": "many", "redis-ha:size": "medium" }, "redis-ha");
    expect(read).toThrow(
      new SettingsError([
        { path: "replicas", got: "many", expected: "a whole number from 0 to 30" },
        {
          path: "size",
          got: "medium",
          expected:
            "minimum, recommended, dev, or an object with keys of preset, master, replica, sentinel, gateway, exporter, commander or loginProxy",
        },
      ]),
    );
  });
});

describe("a password is refused without being shown", () => {
  const expected = "16 to 128 letters, digits and the characters . _ = -";
  const advice = "leave it out to have one generated";

  test.each([
    ["hunter2", "a text of 7 characters"],
    ["", "a text of 0 characters"],
    ["hunter2".repeat(20), "a text of 140 characters"],
    ["hunter2 'quoted' #", "a text of 18 characters, 5 of them others"],
    ["hunter2hunter2\nport 1", "a text of 21 characters, 2 of them others"],
    ["hunter2-hunter2-ü", "a text of 17 characters, 1 of them others"],
    ['{"hunter2":"hunter2"}', "a text of 21 characters, 7 of them others"],
  ])("%j", (text, got) => {
    expect(refusalOf(() => parseSettings({ "redis-ha:password": text }, "redis-ha"))).toEqual([
      { path: "password", got, expected, advice },
    ]);
    const commander = JSON.stringify({ password: text });
    expect(refusalOf(() => parseSettings({ "redis-ha:commander": commander }, "redis-ha"))).toEqual([
      { path: "commander.password", got, expected, advice },
    ]);
  });

  test("when it is a number", () => {
    const commander = JSON.stringify({ password: 1234567890123456 });
    expect(refusalOf(() => parseSettings({ "redis-ha:commander": commander }, "redis-ha"))).toEqual([
      { path: "commander.password", got: "a number", expected, advice },
    ]);
  });

  test("when the object around it is broken, or is the password itself", () => {
    for (const text of ['{"password":"hunter2-hunter2-hunter2"', "hunter2", "[hunter2]"]) {
      const problems = refusalOf(() => parseSettings({ "redis-ha:commander": text }, "redis-ha"));
      expect(problems).toHaveLength(1);
      expect(JSON.stringify(problems)).not.toContain("hunter2");
    }
  });
});

describe("directives of redis.conf", () => {
  test("have their arguments as a text, a number, a flag or a list", () => {
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

test("snapshots are pairs of seconds and changes", () => {
  expect(validateSettings({ redis: { save: " 900 1  300 10 " } }).redis.save).toEqual([
    [900, 1],
    [300, 10],
  ]);
  expect(validateSettings({ redis: { save: "" } }).redis.save).toEqual([]);
});

test("snapshots are taken once an hour beside a log, and as often as Redis takes them without one", () => {
  const hourly = [3600, 1];
  expect(validateSettings({}).redis.save).toEqual([hourly]);
  expect(validateSettings({ redis: { appendonly: false } }).redis.save).toEqual([hourly, [300, 100], [60, 10_000]]);
});

test("the quorum is the majority unless it is configured", () => {
  const quorums = [1, 2, 3, 4, 5].map((count) => validateSettings({ sentinels: { count } }).sentinels.quorum);
  expect(quorums).toEqual([1, 2, 2, 3, 3]);
});
