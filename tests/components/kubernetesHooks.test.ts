import { beforeEach, describe, expect, test, vi } from "vitest";
import { Cluster } from "../../hosts/kubernetes/cluster.ts";
import { awaitReadiness } from "../../hosts/kubernetes/readiness.ts";
import { KubernetesHost } from "../../hosts/kubernetes.ts";
import { Part, workload } from "./onDocker.ts";
import { upstreamKubernetes } from "./onKubernetes.ts";
import { declared } from "./program.ts";

vi.mock("../../hosts/kubernetes/readiness.ts", () => ({ awaitReadiness: vi.fn() }));

const cluster = {} as Cluster;

beforeEach(() => {
  vi.mocked(awaitReadiness).mockReset();
  vi.spyOn(Cluster, "connect").mockReturnValue(cluster);
});

describe("the hooks of a Kubernetes host", () => {
  test.each([true, false])("wait only when there is something to lose by going on (%s)", async (worth) => {
    const order: string[] = [];
    vi.mocked(awaitReadiness).mockImplementation(async () => void order.push("ready"));
    const program = await declared(() => {
      new KubernetesHost("place", upstreamKubernetes).run(workload(), {
        name: "part",
        parent: new Part("part"),
        after: [],
        worthWaiting: async () => worth,
        beforeNext: async () => void order.push("before the next"),
      });
    });
    await program.runHook("place-web-0-ready");
    expect(order).toEqual(worth ? ["ready", "before the next"] : []);
    expect(vi.mocked(awaitReadiness).mock.calls).toEqual(
      worth
        ? [
            [
              cluster,
              { namespace: "samples", set: "sample", node: "web-0", deadline: 300_000, progress: expect.any(Function) },
            ],
          ]
        : [],
    );
  });
});
