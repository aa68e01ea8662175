import type * as kubernetes from "@pulumi/kubernetes";

type PodSpec = kubernetes.types.output.core.v1.PodSpec;

/**
 * The violations of the restricted Pod Security Standard in a pod; empty if the pod is accepted. The rules are listed
 * in https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export function violations(pod: PodSpec): readonly string[] {
  const { securityContext: own, containers, volumes } = pod;
  return [
    ...(["hostNetwork", "hostPID", "hostIPC"] as const).filter((field) => pod[field]),
    ...(own.runAsNonRoot === true && own.runAsUser > 0 ? [] : ["runAsNonRoot"]),
    ...(["RuntimeDefault", "Localhost"].includes(own.seccompProfile?.type) ? [] : ["seccompProfile"]),
    ...(volumes ?? []).filter((volume) => !isAllowed(volume)).map(({ name }) => `volume ${name}`),
    ...containers.flatMap(({ name, securityContext, ports }) => [
      ...(securityContext?.allowPrivilegeEscalation === false ? [] : [`${name}: allowPrivilegeEscalation`]),
      ...(securityContext?.capabilities?.drop?.includes("ALL") ? [] : [`${name}: capabilities`]),
      ...(securityContext?.capabilities?.add?.length ? [`${name}: added capabilities`] : []),
      ...(securityContext?.privileged ? [`${name}: privileged`] : []),
      ...((ports ?? []).some(({ hostPort }) => hostPort) ? [`${name}: hostPort`] : []),
    ]),
  ];
}

const allowedVolumes = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
];

function isAllowed(volume: object): boolean {
  return Object.keys(volume).every((key) => key === "name" || allowedVolumes.includes(key));
}
