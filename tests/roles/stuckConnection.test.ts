import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect } from "vitest";
import type { DataNodePlan } from "../../topology/topology.ts";
import { eventually, shells } from "./scriptedSet.ts";
import { test } from "./setTest.ts";
import { place } from "./situations.ts";

const run = promisify(execFile);

/** A mark of connections that nothing else on the machine has. */
const MARK = "0x72656469";

describe.each(shells)("a replica whose connection to its master does not come about, in %s", (shell) => {
  test("connects anew when the master answers others", async ({ newSet, skip, onTestFinished }) => {
    skip(process.getuid?.() !== 0, "losing packets needs root");
    skip(
      spawnSync("iptables", ["--version"]).error !== undefined,
      "iptables is not installed: apt-get install iptables",
    );
    const set = await newSet({ shell, dataNodes: 2, sentinels: 1, redis: { directives: { "repl-timeout": ["61"] } } });
    const [master, replica] = set.topology.dataNodes as [DataNodePlan, DataNodePlan];
    set.startAll();
    expect(await set.well()).toBe(master);
    await set.stop([replica]);
    const lost = new PacketRule("filter", "INPUT", `--match connmark --mark ${MARK} --jump DROP`);
    const marked = new PacketRule("mangle", "OUTPUT", `${beginningAt(master)} --jump CONNMARK --set-mark ${MARK}`);
    onTestFinished(() => Promise.all([lost.remove(), marked.remove()]).then(() => undefined));
    await lost.add();
    await marked.add();
    set.start(replica);
    await eventually(async () => expect(await set.call(replica, "ROLE")).toContain("connecting"));
    // From here on only what has begun is stuck.
    await marked.remove();
    await set.hasSaid(replica, `connects to ${place(master)} anew`);
    expect(await set.well()).toBe(master);
    await eventually(async () =>
      expect(await set.call(replica, "CONFIG", "GET", "repl-timeout")).toEqual(["repl-timeout", "61"]),
    );
  });
});

function beginningAt({ endpoint: { host, port } }: DataNodePlan): string {
  return `--protocol tcp --syn --destination ${host} --dport ${port}`;
}

/** What this machine does with packets, in the words of iptables. */
class PacketRule {
  readonly #table: string;
  readonly #chain: string;
  readonly #rule: string;
  #isThere = false;

  constructor(table: string, chain: string, rule: string) {
    this.#table = table;
    this.#chain = chain;
    this.#rule = rule;
  }

  async add(): Promise<void> {
    await this.#change("--append");
    this.#isThere = true;
  }

  async remove(): Promise<void> {
    if (this.#isThere) {
      await this.#change("--delete");
      this.#isThere = false;
    }
  }

  async #change(action: string): Promise<void> {
    await run("iptables", ["--wait", "--table", this.#table, action, this.#chain, ...this.#rule.split(" ")]);
  }
}
