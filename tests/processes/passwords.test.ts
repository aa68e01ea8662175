import { describe, expect } from "vitest";
import type { SentinelPlan } from "../../topology/topology.ts";
import { eventually } from "../support/processes/scriptedSet.ts";
import { test } from "../support/processes/setTest.ts";

/** What breaks a file format when it is written as it is. */
const passwords = {
  "double quotes and backslashes": 'a"b\\"c\\\\d\\n"',
  "single quotes": "it's 'quoted'",
  "spaces at both ends": "  a password  ",
  "a comment": "# not a comment",
  "a further directive": "secret\nreplicaof 10.0.0.1 6379\r\nrename-command CONFIG evil",
  "letters of many languages": "пароль-密码-🔑-é",
  "what a shell would run": "$(touch /tmp/x) `id` $HOME ; & | > *",
  "what mustache would fill in": "{{password}} {{{name}}} &amp; <b>",
};

describe.concurrent("a password", () => {
  test.for(Object.entries(passwords))(
    "of %s reaches nodes, peers, Sentinels and probes as it is",
    async ([_, password], { newSet }) => {
      const set = await newSet({ shell: "busybox", password, dataNodes: 2 });
      set.startAll();
      const master = await set.well();
      expect(await set.call(master, "CONFIG", "GET", "requirepass")).toEqual(["requirepass", password]);

      // A Sentinel writes the password into its file without quotes. It has to start from that file nevertheless.
      const [sentinel] = set.topology.sentinels as readonly [SentinelPlan];
      await set.call(sentinel, "SENTINEL", "FLUSHCONFIG");
      await set.stop([sentinel]);
      set.start(sentinel);
      await eventually(async () => expect(await set.probe(sentinel)).toMatchObject({ exitCode: 0 }));
      expect(set.said(sentinel)).toEqual(["goes on with what it knew of mymaster"]);
    },
  );
});
