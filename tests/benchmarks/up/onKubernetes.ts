import { VerificationError } from "../../../checks/report.ts";
import { verify } from "../../../checks/verify.ts";
import { accessTo } from "../../../rollout/setAccess.ts";
import { KubernetesDeployment } from "../../support/kubernetes/deployment.ts";
import { KubectlApply } from "./kubectlApply.ts";
import { EmptyStack, type PulumiMeasured, pulumiLabels, timePulumi, withStack } from "./pulumiUp.ts";
import type { Times, Yardstick } from "./times.ts";
import { succeeding, timed } from "./timing.ts";

/** The default set as the stack staging has it, on machines that are all one small machine. */
const CONFIGURATION = {
  name: "redis-ha-bench",
  target: "kubernetes",
  images: "local",
  size: "dev",
  gateway: { count: 2 },
  kubernetes: { serviceSubnet: "10.101.0.224/27", cpuReservation: 0.05 },
} as const;

type ApplyMeasured = "applied" | "ready" | "works";
export type KubernetesMeasured = ApplyMeasured | PulumiMeasured;

export const kubernetesYardstick: Yardstick<KubernetesMeasured> = {
  labels: {
    applied: "kubectl apply, all objects made",
    ready: "kubectl apply, all pods ready (a)",
    works: "kubectl apply, then verified",
    ...pulumiLabels,
  },
  goals: [{ words: "b <= 1.3 x a", of: "up", limit: ({ ready }) => 1.3 * ready }],
};

/**
 * Times bringing up a set, side by side: by `kubectl apply` of its manifests and by `pulumi up`, images on the machines.
 * A round before the first, which is not counted, compiles what is missing. Each begins when nothing is left of the one
 * before.
 *
 * @param told is called with each round that is over
 */
export async function timeOnKubernetes(
  rounds: number,
  told: (round: Times<KubernetesMeasured>) => void,
): Promise<readonly Times<KubernetesMeasured>[]> {
  return withStack(KubernetesDeployment.create(CONFIGURATION), (set) =>
    withStack(EmptyStack.create(), async (empty) => {
      // The checks of what kubectl has made run in this process, and find the cluster by it.
      process.env["KUBECONFIG"] = set.cluster.kubeconfig;
      const apply = await KubectlApply.render(set.cluster, CONFIGURATION);
      try {
        await succeeding(set.up());
        await takeDown(set, apply);
        const times: Times<KubernetesMeasured>[] = [];
        for (let round = 1; round <= rounds; round += 1) {
          const applied = await timeApply(apply);
          await apply.remove();
          const measured = { ...applied, ...(await timePulumi(set, empty)) };
          times.push(measured);
          await takeDown(set, apply);
          told(measured);
        }
        return times;
      } finally {
        // First: after Ctrl-C the cluster is asked for nothing more.
        await apply.forget();
      }
    }),
  );
}

/** Pulumi does not wait until all is gone. */
async function takeDown(set: KubernetesDeployment, apply: KubectlApply): Promise<void> {
  await succeeding(set.down());
  await apply.remove();
}

async function timeApply(apply: KubectlApply): Promise<Times<ApplyMeasured>> {
  const applied = await timed(() => apply.apply());
  const ready = applied + (await timed(() => apply.awaitReadiness()));
  const works = ready + (await timed(() => checked(apply)));
  return { applied, ready, works };
}

async function checked({ topology, target }: KubectlApply): Promise<void> {
  const report = await verify(target, { access: await accessTo(topology) });
  if (!report.passed) {
    throw new VerificationError(report);
  }
}
