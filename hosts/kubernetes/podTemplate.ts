import type * as kubernetes from "@pulumi/kubernetes";
import type { KubernetesPlan, NodeGroup } from "../../topology/topology.ts";
import type { Probe, Workload } from "../workload.ts";
import { type FileSource, fileMounts, fileVolumes } from "./files.ts";
import { nodeLabels, rowLabels } from "./labels.ts";
import { millicores, quantity } from "./quantities.ts";
import { DATA } from "./volumes.ts";

/** What a workload's pod is attached to. */
export interface PodSurroundings {
  /** The set's name. */
  readonly set: string;
  readonly plan: KubernetesPlan;
  readonly row: NodeGroup;
  readonly image: string;
  /** `uid:gid` */
  readonly user: string;
  readonly files: readonly FileSource[];
}

/** A workload as a pod, in the form that the restricted Pod Security Standard asks for. */
export function podTemplate(workload: Workload, surroundings: PodSurroundings): PodTemplate {
  const { set, plan, row, user, files } = surroundings;
  return {
    metadata: { labels: nodeLabels(set, row, workload.name) },
    spec: {
      containers: [container(workload, surroundings)],
      volumes: [...fileVolumes(files), ...scratchVolumes(workload)],
      securityContext: podSecurity(user),
      // Nothing in the set talks to Kubernetes.
      automountServiceAccountToken: false,
      // Variables with the addresses of every Service of the namespace: the set has its addresses in its own files.
      enableServiceLinks: false,
      // The pod's own first process takes in what is orphaned, as an init does; else that would fall to Redis.
      shareProcessNamespace: true,
      terminationGracePeriodSeconds: seconds(workload.stopGrace),
      ...spread(surroundings),
      ...(plan.priorityClass === undefined ? {} : { priorityClassName: plan.priorityClass }),
    },
  };
}

type PodTemplate = kubernetes.types.input.core.v1.PodTemplateSpec;
type PodSpec = kubernetes.types.input.core.v1.PodSpec;
type Container = kubernetes.types.input.core.v1.Container;

function container(workload: Workload, surroundings: PodSurroundings): Container {
  return {
    name: CONTAINER,
    image: surroundings.image,
    // The tags are pinned, and a local image is on the nodes already.
    imagePullPolicy: "IfNotPresent",
    command: [...workload.command],
    env: Object.entries(workload.environment).map(([name, value]) => ({ name, value })),
    ports: workload.ports.map(({ port }) => ({ name: portName(port), containerPort: port })),
    resources: resources(workload, surroundings.plan),
    volumeMounts: [...fileMounts(surroundings.files), ...dataMounts(workload), ...scratchMounts(workload)],
    ...probes(workload),
    securityContext: CONTAINER_SECURITY,
    // The last words of a container that ended with an error become part of its status, and so of our messages.
    terminationMessagePolicy: "FallbackToLogsOnError",
  };
}

/** The only container of every pod. */
export const CONTAINER = "main";

/** Ports have no names in the plan, and Kubernetes wants one where there are several. */
export function portName(port: number): string {
  return `port-${port}`;
}

const CONTAINER_SECURITY = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

/** The group owns the volume and the secret files, so that the process reads them without being root. */
function podSecurity(user: string): kubernetes.types.input.core.v1.PodSecurityContext {
  const [uid = NaN, gid = NaN] = user.split(":").map(Number);
  return {
    runAsNonRoot: true,
    runAsUser: uid,
    runAsGroup: gid,
    fsGroup: gid,
    // Looking at every file of a large volume at each start would take minutes.
    fsGroupChangePolicy: "OnRootMismatch",
    seccompProfile: { type: "RuntimeDefault" },
  };
}

/** Memory is all set aside, so that no other pod's appetite ends this one; of the CPU the configured share. */
function resources(
  workload: Workload,
  { cpuReservation }: KubernetesPlan,
): kubernetes.types.input.core.v1.ResourceRequirements {
  const { cpus, memory } = workload.size;
  return {
    limits: { cpu: millicores(cpus), memory: quantity(memory) },
    requests: { cpu: millicores(cpus * cpuReservation), memory: quantity(memory) },
  };
}

/** A day: reading a file or a first copy of the data may take hours, and a failing start-up probe kills. */
const LONGEST_START = 24 * 3600;

/**
 * The same question decides about the start and about being ready; only until it is first answered well it is asked
 * every second, so that no time is lost, and then at its own interval.
 */
function probes({
  probe,
  liveness,
  volume,
}: Workload): Pick<Container, "startupProbe" | "readinessProbe" | "livenessProbe"> {
  // What stores nothing loses nothing by a restart: it is as dead as it is unwell.
  const alive = liveness ?? (volume === undefined ? probe : undefined);
  return {
    startupProbe: { ...kubernetesProbe(probe), periodSeconds: 1, failureThreshold: LONGEST_START },
    readinessProbe: kubernetesProbe(probe),
    ...(alive === undefined ? {} : { livenessProbe: kubernetesProbe(alive) }),
  };
}

function kubernetesProbe({ command, interval, timeout, retries }: Probe) {
  return {
    exec: { command: [...command] },
    periodSeconds: seconds(interval),
    timeoutSeconds: seconds(timeout),
    failureThreshold: retries,
  };
}

function dataMounts({ volume }: Workload) {
  return volume === undefined ? [] : [{ name: DATA, mountPath: volume.mountPath }];
}

function scratchMounts({ scratch }: Workload) {
  return scratch.map((mountPath, index) => ({ name: `scratch-${index}`, mountPath }));
}

function scratchVolumes({ scratch }: Workload) {
  return scratch.map((_, index) => ({ name: `scratch-${index}`, emptyDir: { sizeLimit: "16Mi" } }));
}

/** Keeps the members of a row on machines, and in zones, of their own. */
function spread({ set, plan, row }: PodSurroundings): Pick<PodSpec, "affinity" | "topologySpreadConstraints"> {
  if (row.members.length === 1) {
    return {};
  }
  const { nodes, zones } = plan.spread;
  const labelSelector = { matchLabels: rowLabels(set, row) };
  const apart = { topologyKey: "kubernetes.io/hostname", labelSelector };
  return {
    affinity: {
      podAntiAffinity:
        nodes === "required"
          ? { requiredDuringSchedulingIgnoredDuringExecution: [apart] }
          : { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: apart }] },
    },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "topology.kubernetes.io/zone",
        whenUnsatisfiable: zones === "required" ? "DoNotSchedule" : "ScheduleAnyway",
        labelSelector,
      },
    ],
  };
}

function seconds(milliseconds: number): number {
  return Math.ceil(milliseconds / 1000);
}
