import * as pulumi from "@pulumi/pulumi";
import Docker from "dockerode";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DockerHost } from "../../hosts/docker/host.ts";
import { removeLeftoverContainer, removeLeftoverNetwork } from "../../hosts/docker/leftover.ts";
import { awaitReadiness } from "../../hosts/docker/readiness.ts";
import { ensureLocalImage } from "../../images/build.ts";
import { onHost, Part, upstream, workload } from "../support/components/onDocker.ts";
import { declared } from "../support/components/program.ts";

vi.mock("../../images/build.ts", () => ({ ensureLocalImage: vi.fn() }));
vi.mock("../../hosts/docker/readiness.ts", () => ({ awaitReadiness: vi.fn() }));
vi.mock("../../hosts/docker/leftover.ts", () => ({ removeLeftoverContainer: vi.fn(), removeLeftoverNetwork: vi.fn() }));

beforeEach(() => {
  vi.mocked(ensureLocalImage).mockReset();
  vi.mocked(awaitReadiness).mockReset();
  vi.spyOn(Docker.prototype, "ping").mockResolvedValue(Buffer.from("OK"));
});
afterEach(() => {
  pulumi.runtime.setAllConfig({});
  vi.restoreAllMocks();
});

describe("the hooks of a Docker host", () => {
  test("build the part's image on the provider's engine", async () => {
    const program = await onHost([workload], { ...upstream, images: "local" });
    pulumi.runtime.setAllConfig({ "docker:host": "tcp://10.1.2.3:2376" });
    await program.runHook("place-build-redis-image");
    expect(vi.mocked(ensureLocalImage).mock.calls).toEqual([
      ["redis", { docker: engineAt("10.1.2.3", 2376), progress: expect.any(Function) }],
    ]);
  });

  test("say in the update's messages what is being built", async () => {
    const info = vi.spyOn(pulumi.log, "info").mockResolvedValue();
    vi.mocked(ensureLocalImage).mockImplementation(async (_part, { progress }) => progress("built it in 2 s"));
    const program = await onHost([workload], { ...upstream, images: "local" });
    await program.runHook("place-build-redis-image");
    expect(info.mock.calls).toEqual([["built it in 2 s", expect.any(DockerHost)]]);
  });

  test("note a workload whose volume is as new as itself, before that is made, and no other", async () => {
    let host: DockerHost | undefined;
    const program = await declared(() => {
      host = new DockerHost("place", upstream);
      const placement = { name: "part", parent: new Part("part"), after: [] };
      host.run(workload(), placement);
      host.run({ ...workload(), name: "web-1" }, placement);
    });
    expect(host?.isNew("web-0")).toBe(false);
    await program.runHook("sample-web-0-new-volume");
    expect([host?.isNew("web-0"), host?.isNew("web-1")]).toEqual([true, false]);
  });

  test("make room for a container and a network that an interrupted update has left behind", async () => {
    const program = await onHost([workload]);
    pulumi.runtime.setAllConfig({ "docker:host": "tcp://10.1.2.3:2376" });
    const options = { set: "sample", identity: "0123456789abcdef", progress: expect.any(Function) };
    await program.runHook("sample-network-leftover");
    expect(vi.mocked(removeLeftoverNetwork).mock.calls).toEqual([[engineAt("10.1.2.3", 2376), "sample", options]]);
    await program.runHook("sample-web-0-leftover");
    expect(vi.mocked(removeLeftoverContainer).mock.calls).toEqual([
      [engineAt("10.1.2.3", 2376), "sample-web-0", "place-network-id", options],
    ]);
  });
});

describe("a Docker host awaits workloads", () => {
  test("up to five minutes each, all at once, by their own probes", async () => {
    const host = await hostOf(["web-0", "web-1"]);
    pulumi.runtime.setAllConfig({ "docker:host": "tcp://10.1.2.3:2376" });
    await host.awaitReady(["web-0", "web-1"]);
    expect(vi.mocked(awaitReadiness).mock.calls).toEqual(
      ["sample-web-0", "sample-web-1"].map((container) => [
        engineAt("10.1.2.3", 2376),
        container,
        {
          probe: ["sh", "/etc/web/probe.sh"],
          deadline: 300_000,
          progress: expect.any(Function),
          signal: expect.any(AbortSignal),
        },
      ]),
    );
  });

  test("and says in the update's messages what is waited for", async () => {
    const info = vi.spyOn(pulumi.log, "info").mockResolvedValue();
    vi.mocked(awaitReadiness).mockImplementation(async (_engine, container, { progress }) =>
      progress(`waiting for ${container}: no link to the master`),
    );
    await (await hostOf(["web-0"])).awaitReady(["web-0"]);
    expect(info.mock.calls).toEqual([["waiting for sample-web-0: no link to the master", expect.any(DockerHost)]]);
  });

  test("and fails with what went wrong with the first that fails, while the others are waited for no more", async () => {
    let signalOfOther: AbortSignal | undefined;
    vi.mocked(awaitReadiness).mockImplementation((_engine, container, { signal }) => {
      if (container === "sample-web-0") {
        return Promise.reject(new Error("sample-web-0 is not ready"));
      }
      signalOfOther = signal;
      return new Promise(() => undefined);
    });
    const host = await hostOf(["web-0", "web-1"]);
    await expect(host.awaitReady(["web-0", "web-1"])).rejects.toThrow(new Error("sample-web-0 is not ready"));
    expect(signalOfOther?.aborted).toBe(true);
  });

  test("but none that it does not run", async () => {
    const host = await hostOf(["web-0"]);
    await expect(host.awaitReady(["web-7"])).rejects.toThrow(
      new Error("cannot wait for web-7: it was not declared on this host"),
    );
  });
});

async function hostOf(names: readonly string[]): Promise<DockerHost> {
  const { promise, resolve } = Promise.withResolvers<DockerHost>();
  await declared(() => {
    const host = new DockerHost("place", upstream);
    for (const name of names) {
      host.run({ ...workload(), name }, { name: "part", parent: new Part(`part-of-${name}`), after: [] });
    }
    resolve(host);
  });
  return promise;
}

/** An engine's client that talks to this address. */
function engineAt(host: string, port: number) {
  return expect.objectContaining({ modem: expect.objectContaining({ host, port: String(port) }) });
}
