import * as pulumi from "@pulumi/pulumi";
import Docker from "dockerode";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { removeLeftoverContainer, removeLeftoverNetwork } from "../../hosts/docker/leftover.ts";
import { awaitReadiness } from "../../hosts/docker/readiness.ts";
import { DockerHost } from "../../hosts/docker.ts";
import { ensureLocalImage } from "../../images/build.ts";
import { onHost, Part, upstream, workload } from "./onDocker.ts";
import { declared, named } from "./program.ts";

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

  test("wait up to five minutes until the workload's own probe has passed", async () => {
    const program = await onHost([workload]);
    pulumi.runtime.setAllConfig({ "docker:host": "tcp://10.1.2.3:2376" });
    await program.runHook("sample-web-0-ready");
    expect(vi.mocked(awaitReadiness).mock.calls).toEqual([
      [
        engineAt("10.1.2.3", 2376),
        "sample-web-0",
        { probe: ["sh", "/etc/web/probe.sh"], deadline: 300_000, progress: expect.any(Function) },
      ],
    ]);
  });

  test("say in the update's messages what is waited for", async () => {
    const info = vi.spyOn(pulumi.log, "info").mockResolvedValue();
    vi.mocked(awaitReadiness).mockImplementation(async (_engine, container, { progress }) =>
      progress(`waiting for ${container}: no link to the master`),
    );
    await (await onHost([workload])).runHook("sample-web-0-ready");
    expect(info.mock.calls).toEqual([["waiting for sample-web-0: no link to the master", expect.any(DockerHost)]]);
  });

  test("do not wait for a workload whose volume is as new as itself, and wait for the others", async () => {
    const program = await onHost([workload, () => ({ ...workload(), name: "web-1" })]);
    await program.runHook("sample-web-0-new-volume");
    await program.runHook("sample-web-0-ready");
    expect(awaitReadiness).not.toHaveBeenCalled();
    await program.runHook("sample-web-1-ready");
    expect(vi.mocked(awaitReadiness).mock.lastCall?.[1]).toBe("sample-web-1");
  });

  test("fail the update with what went wrong", async () => {
    vi.mocked(awaitReadiness).mockRejectedValue(new Error("sample-web-0 is not ready"));
    const program = await onHost([workload]);
    await expect(program.runHook("sample-web-0-ready")).rejects.toThrow(new Error("sample-web-0 is not ready"));
  });

  test("do not wait for a workload whose peers may still be missing", async () => {
    const alone = () => ({ ...workload(), awaitProbe: false });
    expect(named(await onHost([alone]), "part-web-0").hooks).toEqual(["beforeCreate sample-web-0-leftover"]);
  });

  test.each([true, false])("wait only when there is something to lose by going on (%s)", async (worth) => {
    const beforeNext = vi.fn(async () => undefined);
    const program = await declared(() => {
      const hooks = { worthWaiting: async () => worth, beforeNext };
      new DockerHost("place", upstream).run(workload(), {
        name: "part",
        parent: new Part("part"),
        after: [],
        ...hooks,
      });
    });
    await program.runHook("sample-web-0-ready");
    expect(vi.mocked(awaitReadiness).mock.calls).toHaveLength(worth ? 1 : 0);
    expect(beforeNext.mock.calls).toHaveLength(worth ? 1 : 0);
  });

  test("make room for a container and a network that an interrupted update has left behind", async () => {
    const program = await onHost([workload]);
    pulumi.runtime.setAllConfig({ "docker:host": "tcp://10.1.2.3:2376" });
    const options = { set: "sample", progress: expect.any(Function) };
    await program.runHook("sample-network-leftover");
    expect(vi.mocked(removeLeftoverNetwork).mock.calls).toEqual([[engineAt("10.1.2.3", 2376), "sample", options]]);
    await program.runHook("sample-web-0-leftover");
    expect(vi.mocked(removeLeftoverContainer).mock.calls).toEqual([
      [engineAt("10.1.2.3", 2376), "sample-web-0", "place-network-id", options],
    ]);
  });
});

/** An engine's client that talks to this address. */
function engineAt(host: string, port: number) {
  return expect.objectContaining({ modem: expect.objectContaining({ host, port: String(port) }) });
}
