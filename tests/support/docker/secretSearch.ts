import type { Deployment } from "./deployment.ts";

/** Texts, by the name of the place where they were found. */
export type Texts = Readonly<Record<string, string>>;

/** All texts of a deployment that others than the nodes may read. */
export async function hidingPlaces(deployment: Deployment): Promise<Texts> {
  const { onDocker } = deployment;
  const containers = await onDocker.containers();
  const ofContainers = await Promise.all(
    Object.entries(containers).map(async ([part, inspected]) => ({
      [`docker inspect ${part}`]: JSON.stringify(inspected),
      [`docker logs ${part}`]: await onDocker.logs(part),
      [`docker top ${part}`]: JSON.stringify(await onDocker.container(part).top({ ps_args: "-ef" })),
      [`the processes of ${part}, arguments and environment`]: await onDocker.run(part, [
        "sh",
        "-c",
        "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ",
      ]),
    })),
  );
  const places = Object.assign(
    {
      "docker network inspect": JSON.stringify(await onDocker.networks()),
      "docker volume inspect": JSON.stringify(await onDocker.volumes()),
      "the engine's output": deployment.transcript,
      "the outputs without --show-secrets": await deployment.outputsForAll(),
    },
    await deployment.files(),
    ...ofContainers,
  ) as Texts;
  const empty = Object.keys(places).filter((name) => places[name] === "");
  if (empty.length > 0) {
    throw new Error(`there is nothing to search in ${empty.join(", ")}`);
  }
  return places;
}

/** The names of the texts that contain the secret in plain text, in hexadecimal, or inside a longer text in base64. */
export function findSecret(secret: string, places: Texts): readonly string[] {
  if (secret === "") {
    throw new Error("there is no secret to search for");
  }
  const forms = [
    secret,
    Buffer.from(secret).toString("hex"),
    ...[0, 1, 2].map((offset) => insideBase64(secret, offset)),
  ];
  return Object.keys(places).filter((name) => forms.some((form) => places[name]?.includes(form)));
}

/** The part of a base64 text that depends only on the secret, if `offset` bytes modulo 3 precede the secret. */
function insideBase64(secret: string, offset: number): string {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
  const wholeGroups = bytes.subarray(0, bytes.length - (bytes.length % 3));
  return wholeGroups.toString("base64").slice(offset === 0 ? 0 : 4);
}
