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
  test("build a part's image on the provider's engine", async () => {
    const program = await onHost([workload], { ...upstream, images: "local" });
    pulumi.runtime.setAllConfig({ "docker:host": "tcp://10.1.2.3:2376" });
    await program.runHook("place-build-redis-image");
    expect(vi.mocked(ensureLocalImage).mock.calls).toEqual([
      ["redis", { docker: engineAt("10.1.2.3", 2376), progress: expect.any(Function) }],
    ]);
  });

  test("report the progress of a build in the update's messages", async () => {
    const info = vi.spyOn(pulumi.log, "info").mockResolvedValue();
    vi.mocked(ensureLocalImage).mockImplementation(async (_part, { progress }) => progress("built it in 2 s"));
    const program = await onHost([workload], { ...upstream, images: "local" });
    await program.runHook("place-build-redis-image");
    expect(info.mock.calls).toEqual([["built it in 2 s", expect.any(DockerHost)]]);
  });

  test("mark a workload as new before its volume is created, and no other workload", async () => {
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

  test("remove a container and a network that an interrupted update has left behind", async () => {
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

describe("awaitReady of a Docker host", () => {
  test("waits for all workloads in parallel, by their own probes and with a deadline of five minutes each", async () => {
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

  test("reports the progress in the update's messages", async () => {
    const info = vi.spyOn(pulumi.log, "info").mockResolvedValue();
    vi.mocked(awaitReadiness).mockImplementation(async (_engine, container, { progress }) =>
      progress(`waiting for ${container}: no link to the master`),
    );
    await (await hostOf(["web-0"])).awaitReady(["web-0"]);
    expect(info.mock.calls).toEqual([["waiting for sample-web-0: no link to the master", expect.any(DockerHost)]]);
  });

  test("fails with the error of the first workload that fails, and stops waiting for the others", async () => {
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

  test("fails for a workload that was not declared on this host", async () => {
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

/** A Docker client of the engine at this address. */
function engineAt(host: string, port: number) {
  return expect.objectContaining({ modem: expect.objectContaining({ host, port: String(port) }) });
}
