import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Cluster } from "../../../hosts/kubernetes/cluster.ts";
import { ClusterError } from "../../../hosts/kubernetes/clusterError.ts";

const kubeconfig = (currentContext: string) => `
apiVersion: v1
kind: Config
clusters: [{ name: kind, cluster: { server: "https://127.0.0.1:1" } }]
users: [{ name: admin, user: {} }]
contexts: [{ name: trial, context: { cluster: kind, user: admin } }]
current-context: ${currentContext}
`;

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "redis-ha-home-"));
  vi.stubEnv("HOME", home);
  vi.stubEnv("KUBECONFIG", undefined);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

describe("connecting to a cluster", () => {
  test("fails without a kubeconfig, even if a server listens on this machine", () => {
    expect(() => Cluster.connect(undefined)).toThrow(
      new ClusterError("there is no kubeconfig: neither KUBECONFIG nor ~/.kube/config names a cluster", undefined),
    );
  });

  test("fails when the file that KUBECONFIG names does not exist", () => {
    const file = join(home, "missing");
    vi.stubEnv("KUBECONFIG", file);
    expect(() => Cluster.connect(undefined)).toThrow("the kubeconfig cannot be read: ENOENT");
  });

  test.each([
    ['""', "not set"],
    ["production", "production"],
  ])("fails when the kubeconfig has no cluster for the current context %s", async (current, shown) => {
    await use(kubeconfig(current));
    expect(() => Cluster.connect(undefined)).toThrow(
      new ClusterError(`the kubeconfig has no cluster for its current context, which is ${shown}`, undefined),
    );
  });

  test("fails when the kubeconfig does not have the configured context", async () => {
    await use(kubeconfig("trial"));
    expect(() => Cluster.connect("production")).toThrow(
      new ClusterError("the kubeconfig has no context production; it has trial", undefined),
    );
  });

  test("uses the configured context, or else the current one", async () => {
    await use(kubeconfig("trial"));
    expect(Cluster.connect(undefined).config.getCurrentCluster()?.server).toBe("https://127.0.0.1:1");
    await use(kubeconfig("production"));
    expect(Cluster.connect("trial").config.getCurrentCluster()?.server).toBe("https://127.0.0.1:1");
  });
});

describe("a request to a cluster whose kubeconfig names a login program", () => {
  test.each([
    ["fails", "[sh, -c, 'echo The SSO session has expired >&2; exit 1']", "The SSO session has expired"],
    ["does not exist", "[no-such-program]", "spawn no-such-program ENOENT"],
  ])("reports the reason when the program %s", async (_what, words, reason) => {
    const [command, ...rest] = words.slice(1, -1).split(", ");
    const exec = `{ apiVersion: client.authentication.k8s.io/v1, command: ${command}, args: [${rest.join(", ")}] }`;
    await use(kubeconfig("trial").replace("user: {}", `user: { exec: ${exec} }`));
    await expect(Cluster.connect(undefined).events("default")).rejects.toEqual(
      new ClusterError(`cannot log in to the cluster at https://127.0.0.1:1: ${reason}`, undefined),
    );
  });
});

async function use(content: string): Promise<void> {
  const file = join(home, "kubeconfig");
  await writeFile(file, content);
  vi.stubEnv("KUBECONFIG", file);
}
