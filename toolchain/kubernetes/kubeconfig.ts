import { writeFile } from "node:fs/promises";
import { readCertificate } from "./certificates.ts";
import { addressOf, type Place } from "./place.ts";

/**
 * Writes a kubeconfig with the address of the API server and the certificate of the client. Only this user can read it.
 *
 * @param certificate the name of the client's certificate
 */
export async function writeKubeconfig(place: Place, certificate: string, file: string): Promise<void> {
  const [authority, own, key] = await Promise.all(
    ["ca.crt", `${certificate}.crt`, `${certificate}.key`].map((name) => base64(place, name)),
  );
  const cluster = {
    server: `https://${addressOf(place, "control")}:6443`,
    "certificate-authority-data": authority,
  };
  const context = `redis-ha-${place.name}`;
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: context, cluster }],
    users: [{ name: certificate, user: { "client-certificate-data": own, "client-key-data": key } }],
    contexts: [{ name: context, context: { cluster: context, user: certificate } }],
    "current-context": context,
  };
  // Every JSON document is also a YAML document.
  await writeFile(file, `${JSON.stringify(kubeconfig, undefined, 2)}\n`, { mode: 0o600 });
}

async function base64(place: Place, file: string): Promise<string> {
  return (await readCertificate(place, file)).toString("base64");
}
