import { describe, expect } from "vitest";
import type { SentinelPlan } from "../../topology/topology.ts";
import { eventually } from "../support/processes/scriptedSet.ts";
import { test } from "../support/processes/setTest.ts";

/** Passwords that break a configuration file if they are written without escaping. */
const passwords = {
  "double quotes and backslashes": 'a"b\\"c\\\\d\\n"',
  "single quotes": "it's 'quoted'",
  "spaces at both ends": "  a password  ",
  "a comment sign": "# not a comment",
  "a further directive": "secret\nreplicaof 10.0.0.1 6379\r\nrename-command CONFIG evil",
  "letters of many languages": "пароль-密码-🔑-é",
  "shell commands": "$(touch /tmp/x) `id` $HOME ; & | > *",
  "mustache tags": "{{password}} {{{name}}} &amp; <b>",
};

describe.concurrent("a password", () => {
  test.for(Object.entries(passwords))(
    "reaches nodes, peers, Sentinels and probes unchanged if it contains %s",
    async ([_, password], { newSet }) => {
      const set = await newSet({ shell: "busybox", password, dataNodes: 2 });
      set.startAll();
      const master = await set.healthy();
      expect(await set.call(master, "CONFIG", "GET", "requirepass")).toEqual(["requirepass", password]);

      // A Sentinel writes the password into its file without quotes. It must start from that file anyway.
      const [sentinel] = set.topology.sentinels as readonly [SentinelPlan];
      await set.call(sentinel, "SENTINEL", "FLUSHCONFIG");
      await set.stop([sentinel]);
      set.start(sentinel);
      await eventually(async () => expect(await set.probe(sentinel)).toMatchObject({ exitCode: 0 }));
      expect(set.said(sentinel)).toEqual(["starts with its earlier state of mymaster"]);
    },
  );
});
