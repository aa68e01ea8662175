import { VerificationError } from "../../../checks/report.ts";
import { verify } from "../../../checks/verify.ts";
import { accessTo } from "../../../rollout/setAccess.ts";
import { KubernetesDeployment } from "../../support/kubernetes/deployment.ts";
import { KubectlApply } from "./kubectlApply.ts";
import { EmptyStack, type PulumiMeasured, pulumiLabels, timePulumi, withStack } from "./pulumiUp.ts";
import type { Times, Yardstick } from "./times.ts";
import { succeeding, timed } from "./timing.ts";

/**
 * The default set of the stack staging. It reserves little CPU, because the cluster's machines share one small machine.
 */
const configuration = {
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
    applied: "kubectl apply, all objects created",
    ready: "kubectl apply, all pods ready (a)",
    works: "kubectl apply, then verified",
    ...pulumiLabels,
  },
  goals: [{ words: "b <= 1.3 x a", of: "up", limit: ({ ready }) => 1.3 * ready }],
};

/**
 * Times the deployment of a set with `kubectl apply` of its manifests and with `pulumi up`, with all images on the
 * machines. An uncounted round before the first one compiles what is missing. Each measurement starts after everything
 * of the previous one is removed.
 *
 * @param report is called with the times of each round
 */
export async function timeOnKubernetes(
  rounds: number,
  report: (round: Times<KubernetesMeasured>) => void,
): Promise<readonly Times<KubernetesMeasured>[]> {
  return withStack(KubernetesDeployment.create(configuration), (set) =>
    withStack(EmptyStack.create(), async (empty) => {
      // The checks run in this process, and find the cluster through this variable.
      process.env["KUBECONFIG"] = set.cluster.kubeconfig;
      const apply = await KubectlApply.render(set.cluster, configuration);
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
          report(measured);
        }
        return times;
      } finally {
        // Done before the stacks are disposed of, because after Ctrl-C no request to the cluster is sent.
        await apply.forget();
      }
    }),
  );
}

/** Removes the set, and waits until nothing is left. Pulumi alone does not wait for that. */
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
