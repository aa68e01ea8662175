import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runQuietly } from "../base/childProcess.mjs";
import { addressOf, type Node, type Place } from "./place.ts";

/** The owner of a certificate. */
interface Subject {
  /** The certificate authority that signs the certificate. */
  readonly authority: "ca" | "front-proxy-ca";
  /** In the notation of openssl. Kubernetes reads the common name as a user and the organisation as a group. */
  readonly subject: string;
  /** The names and addresses of a server; undefined for a client. */
  readonly serves?: readonly string[];
}

/** Returns the folder of the keys (NAME.key) and certificates (NAME.crt). */
export function certificateFolder(place: Place): string {
  return join(place.folder, "pki");
}

/** Creates all certificates of the cluster except those of the nodes. */
export async function createClusterCertificates(place: Place): Promise<void> {
  await mkdir(certificateFolder(place), { recursive: true, mode: 0o700 });
  await Promise.all([
    createAuthority(place, "ca"),
    createAuthority(place, "front-proxy-ca"),
    createServiceAccountKey(place),
  ]);
  await Promise.all(Object.entries(clusterSubjects(place)).map(([name, subject]) => certify(place, name, subject)));
}

/** Creates the certificate of a node's kubelet, for its server and its client. Keeps it when the node starts again. */
export async function createNodeCertificate(place: Place, node: Node): Promise<void> {
  if (!existsSync(join(certificateFolder(place), `${node}.crt`))) {
    const subject = `/O=system:nodes/CN=system:node:${node}`;
    const serves = [`IP:${addressOf(place, node)}`, `DNS:${node}`];
    await certify(place, node, { authority: "ca", subject, serves });
  }
}

export function readCertificate(place: Place, file: string): Promise<Buffer> {
  return readFile(join(certificateFolder(place), file));
}

function clusterSubjects(place: Place): Readonly<Record<string, Subject>> {
  const apiServer = [
    ...["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"].map((name) => `DNS:${name}`),
    "DNS:kubernetes.default.svc.cluster.local",
    ...[addressOf(place, "control"), `${place.serviceNetwork}.0.1`, "127.0.0.1"].map((address) => `IP:${address}`),
  ];
  return {
    apiserver: { authority: "ca", subject: "/CN=kube-apiserver", serves: apiServer },
    "apiserver-kubelet": { authority: "ca", subject: "/O=system:masters/CN=kube-apiserver-kubelet-client" },
    "front-proxy": { authority: "front-proxy-ca", subject: "/CN=front-proxy-client" },
    admin: { authority: "ca", subject: "/O=system:masters/CN=admin" },
    "kube-controller-manager": { authority: "ca", subject: "/CN=system:kube-controller-manager" },
    "kube-scheduler": { authority: "ca", subject: "/CN=system:kube-scheduler" },
    "kube-proxy": { authority: "ca", subject: "/CN=system:kube-proxy" },
  };
}

/** The complete configuration for openssl, so that the system's openssl.cnf has no effect on a certificate. */
const configuration = "[req]\ndistinguished_name = name\n[name]\n";

async function createAuthority(place: Place, name: string): Promise<void> {
  await writeFile(join(certificateFolder(place), `${name}.cnf`), configuration);
  await openssl(place, name, [
    ...["-config", `${name}.cnf`, "-subj", `/CN=${name}`],
    ...["-addext", "basicConstraints=critical,CA:TRUE"],
    ...["-addext", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature"],
  ]);
}

async function certify(place: Place, name: string, { authority, subject, serves = [] }: Subject): Promise<void> {
  const usage = serves.length === 0 ? "clientAuth" : "serverAuth,clientAuth";
  const names = serves.length === 0 ? [] : ["-addext", `subjectAltName=${serves.join(",")}`];
  await openssl(place, name, [
    ...["-config", `${authority}.cnf`, "-CA", `${authority}.crt`, "-CAkey", `${authority}.key`],
    ...["-set_serial", `0x${randomBytes(12).toString("hex")}`, "-subj", subject],
    ...["-addext", "basicConstraints=CA:FALSE", "-addext", "keyUsage=digitalSignature"],
    ...["-addext", `extendedKeyUsage=${usage}`, ...names],
  ]);
}

/** Creates a key that only this user can read, and its certificate, which is valid for ten years. */
async function openssl(place: Place, name: string, options: readonly string[]): Promise<void> {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-keyout", `${name}.key`];
  const certificate = ["req", "-x509", "-new", "-sha256", "-days", "3650", ...key, "-out", `${name}.crt`, ...options];
  await runQuietly("openssl", certificate, { directory: certificateFolder(place) });
}

/** Creates the key that signs the tokens of ServiceAccounts. */
async function createServiceAccountKey(place: Place): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "sec1", format: "pem" },
  });
  const file = join(certificateFolder(place), "service-account");
  await writeFile(`${file}.key`, privateKey, { mode: 0o600 });
  await writeFile(`${file}.pub`, publicKey);
}
