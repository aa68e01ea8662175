import type * as kubernetes from "@pulumi/kubernetes";
import type { KubernetesPlan, NodeGroup } from "../../topology/topology.ts";
import type { Probe, Workload } from "../workload.ts";
import { type FileSource, fileMounts, fileVolumes } from "./files.ts";
import { groupLabels, nodeLabels } from "./labels.ts";
import { millicores, quantity } from "./quantities.ts";
import { dataVolume } from "./volumes.ts";

/** The properties of a workload's pod that are not part of the workload. */
export interface PodSurroundings {
  /** The set's name. */
  readonly set: string;
  readonly plan: KubernetesPlan;
  readonly group: NodeGroup;
  readonly image: string;
  /** `uid:gid` */
  readonly user: string;
  readonly files: readonly FileSource[];
}

/** Translates a workload to a pod template that fulfills the restricted Pod Security Standard. */
export function podTemplate(workload: Workload, surroundings: PodSurroundings): PodTemplate {
  const { set, plan, group, user, files } = surroundings;
  return {
    metadata: { labels: nodeLabels(set, group, workload.name) },
    spec: {
      containers: [container(workload, surroundings)],
      volumes: [...fileVolumes(files), ...scratchVolumes(workload)],
      securityContext: podSecurity(user),
      // No process of the set uses the Kubernetes API.
      automountServiceAccountToken: false,
      // Disables environment variables with the addresses of all Services of the namespace. The set's own files have
      // the addresses that it needs.
      enableServiceLinks: false,
      // The pause process of the pod reaps orphaned processes, as an init does. Otherwise Redis would be their parent.
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
    name: containerName,
    image: surroundings.image,
    // The tags are pinned, and local images already exist on the machines.
    imagePullPolicy: "IfNotPresent",
    command: [...workload.command],
    env: Object.entries(workload.environment).map(([name, value]) => ({ name, value })),
    ports: workload.ports.map(({ port }) => ({ name: portName(port), containerPort: port })),
    resources: resources(workload, surroundings.plan),
    volumeMounts: [...fileMounts(surroundings.files), ...dataMounts(workload), ...scratchMounts(workload)],
    ...probes(workload),
    securityContext: containerSecurity,
    // The last log lines of a container that failed become part of its status, which this program's messages quote.
    terminationMessagePolicy: "FallbackToLogsOnError",
  };
}

/** The only container of every pod. */
export const containerName = "main";

/** Names a port. Kubernetes requires names if there are several ports, and the plan has none. */
export function portName(port: number): string {
  return `port-${port}`;
}

const containerSecurity = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

/** The process's group owns the volume and the secret files, so that the process can read them without being root. */
function podSecurity(user: string): kubernetes.types.input.core.v1.PodSecurityContext {
  const [uid = NaN, gid = NaN] = user.split(":").map(Number);
  return {
    runAsNonRoot: true,
    runAsUser: uid,
    runAsGroup: gid,
    fsGroup: gid,
    // Changing the owner of every file of a large volume at each start would take minutes.
    fsGroupChangePolicy: "OnRootMismatch",
    seccompProfile: { type: "RuntimeDefault" },
  };
}

/**
 * Returns limits and requests. All memory is requested, so that the memory use of other pods cannot get this pod
 * killed. Of the CPU, the configured share is requested.
 */
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

/**
 * One day in seconds. Loading the data may take hours, and a startup probe that reaches this limit kills the container.
 */
const longestStart = 24 * 3600;

/**
 * Returns the probes of a container. The startup probe and the readiness probe run the same command. Until its first
 * success the command runs every second, so that no time is lost, and after that at its own interval.
 */
function probes({
  probe,
  liveness,
  volume,
}: Workload): Pick<Container, "startupProbe" | "readinessProbe" | "livenessProbe"> {
  // A workload without a volume loses no data by a restart, so a failing readiness command may restart it.
  const alive = liveness ?? (volume === undefined ? probe : undefined);
  return {
    startupProbe: { ...kubernetesProbe(probe), periodSeconds: 1, failureThreshold: longestStart },
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
  return volume === undefined ? [] : [{ name: dataVolume, mountPath: volume.mountPath }];
}

function scratchMounts({ scratch }: Workload) {
  return scratch.map((mountPath, index) => ({ name: `scratch-${index}`, mountPath }));
}

function scratchVolumes({ scratch }: Workload) {
  return scratch.map((_, index) => ({ name: `scratch-${index}`, emptyDir: { sizeLimit: "16Mi" } }));
}

/** Keeps the members of a node group on different machines and in different zones. */
function spread({ set, plan, group }: PodSurroundings): Pick<PodSpec, "affinity" | "topologySpreadConstraints"> {
  if (group.members.length === 1) {
    return {};
  }
  const { nodes, zones } = plan.spread;
  const labelSelector = { matchLabels: groupLabels(set, group) };
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
