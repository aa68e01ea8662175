import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import type { NodePlan } from "../../../topology/topology.ts";

const run = promisify(execFile);

/** A connection mark that nothing else on the machine uses. */
const mark = "0x72656469";

/** The reason why packets cannot be dropped on this machine; undefined if they can. */
export function withoutPacketRules(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    return "dropping packets needs Linux and root";
  }
  const missing = spawnSync("iptables", ["--version"]).error !== undefined;
  return missing ? "iptables is not installed: apt-get install iptables" : undefined;
}

/** A rule of iptables on this machine. */
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

/** Makes new connections to a node hang until `letOthersThrough`. Those connections are never established. */
export class StuckConnections {
  readonly #lost = new PacketRule("filter", "INPUT", `--match connmark --mark ${mark} --jump DROP`);
  readonly #marked: PacketRule;

  constructor({ endpoint: { host, port } }: NodePlan) {
    const beginning = `--protocol tcp --syn --destination ${host} --dport ${port}`;
    this.#marked = new PacketRule("mangle", "OUTPUT", `${beginning} --jump CONNMARK --set-mark ${mark}`);
  }

  async begin(): Promise<void> {
    await this.#lost.add();
    await this.#marked.add();
  }

  /** Lets connections that are opened from now on succeed. */
  async letOthersThrough(): Promise<void> {
    await this.#marked.remove();
  }

  async end(): Promise<void> {
    await this.#marked.remove();
    await this.#lost.remove();
  }
}
