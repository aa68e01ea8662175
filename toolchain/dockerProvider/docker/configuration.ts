import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Credentials } from "../resource.ts";
import type { Failure } from "../schema/check.ts";
import { isObject, type Value, type Values } from "../values.ts";
import { parseJson, registryLogins } from "./registryLogins.ts";

/** The parseJson configuration of the provider. */
export interface Configuration {
  /** The address of Docker: unix:///path, tcp://host:port, http:// or https://. */
  readonly host: string;
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
  /** Returns the login for a registry; undefined if none is configured. */
  readonly credentials: (registry: string) => Credentials | undefined;
}

const defaultHost = "unix:///var/run/docker.sock";
const settings = [
  "host",
  "context",
  "certPath",
  "caMaterial",
  "certMaterial",
  "keyMaterial",
  "registryAuth",
  // Accepted but has no effect: this plugin connects to Docker only when it needs to, so it has no such check.
  "disableDockerDaemonCheck",
  // The engine handles these two.
  "version",
  "pluginDownloadURL",
];
const refused: Readonly<Record<string, string>> = {
  sshOpts: "ssh:// hosts are not implemented by this Docker plugin; use the official plugin of @pulumi/docker for it",
};

/** The settings that the state stores encrypted: logins and the private key. */
export const secretSettings: readonly string[] = ["registryAuth", "keyMaterial"];

/** Returns all problems with the provider's configuration. */
export function checkConfiguration(given: Values): readonly Failure[] {
  const failures: Failure[] = [];
  for (const [name, value] of Object.entries(given)) {
    const reason = refused[name];
    if (reason !== undefined && value !== null) {
      failures.push({ property: name, reason });
    } else if (reason === undefined && !settings.includes(name) && !name.startsWith("__")) {
      failures.push({ property: name, reason: `${name} is not a setting of the Docker provider` });
    }
  }
  const host = text(given["host"]);
  const problem = host === undefined ? undefined : hostProblem(host);
  if (problem !== undefined) {
    failures.push({ property: "host", reason: problem });
  }
  return failures;
}

/**
 * Parses the configuration.
 * @throws {Error} If the host is not valid, or a certificate, a Docker context or a login cannot be read.
 */
export function parseConfiguration(inputs: Values): Configuration {
  const context = text(inputs["context"]) ?? process.env["DOCKER_CONTEXT"] ?? "";
  const host = context === "" ? (text(inputs["host"]) ?? environmentHost()) : contextHost(context);
  const problem = hostProblem(host);
  if (problem !== undefined) {
    throw new Error(problem);
  }
  const tls = certificates(inputs);
  // The engine passes structured settings as JSON text.
  const logins = registryLogins(parseJson(text(inputs["registryAuth"]) ?? "null", "registryAuth"));
  return { host, credentials: (registry) => logins.get(registry), ...(tls === undefined ? {} : { tls }) };
}

function environmentHost(): string {
  return process.env["DOCKER_HOST"] || defaultHost;
}

function hostProblem(host: string): string | undefined {
  if (/^(unix:\/\/\/|tcp:\/\/[^/]|https?:\/\/[^/])/.test(host)) {
    return undefined;
  }
  const expected = "expected unix:///path/to/docker.sock or tcp://host:port";
  if (host.startsWith("ssh://")) {
    return `host is ${host}; ssh:// is not implemented by this Docker plugin, ${expected}; forward the socket over ssh, or use the official plugin of @pulumi/docker`;
  }
  return `host is ${host}; ${expected}`;
}

/** Returns the address in a context of the `docker` command. */
function contextHost(context: string): string {
  if (context === "default") {
    return environmentHost();
  }
  const folder = process.env["DOCKER_CONFIG"] || join(homedir(), ".docker");
  const file = join(folder, "contexts", "meta", createHash("sha256").update(context).digest("hex"), "meta.json");
  let meta: Value;
  try {
    meta = JSON.parse(readFileSync(file, "utf8")) as Value;
  } catch (error) {
    throw new Error(`the Docker context ${context} cannot be read: ${(error as Error).message}`);
  }
  const endpoints = isObject(meta) ? meta["Endpoints"] : undefined;
  const docker = isObject(endpoints) ? endpoints["docker"] : undefined;
  const host = isObject(docker) ? docker["Host"] : undefined;
  if (typeof host !== "string") {
    throw new Error(`the Docker context ${context} has no host (${file})`);
  }
  return host;
}

function certificates(inputs: Values): Configuration["tls"] {
  const folder = text(inputs["certPath"]) ?? process.env["DOCKER_CERT_PATH"] ?? "";
  const material = {
    ca: text(inputs["caMaterial"]),
    cert: text(inputs["certMaterial"]),
    key: text(inputs["keyMaterial"]),
  };
  if (material.cert !== undefined || material.key !== undefined) {
    const { ca, cert, key } = material;
    // Without a certificate authority the official plugin would trust any server. This plugin refuses that.
    if (ca === undefined || cert === undefined || key === undefined) {
      throw new Error("caMaterial, certMaterial and keyMaterial must be set together: set all three or none");
    }
    return { ca, cert, key };
  }
  if (folder === "") {
    return undefined;
  }
  return {
    ca: certificate(folder, "ca.pem"),
    cert: certificate(folder, "cert.pem"),
    key: certificate(folder, "key.pem"),
  };
}

function certificate(folder: string, name: string): string {
  try {
    return readFileSync(join(folder, name), "utf8");
  } catch (error) {
    throw new Error(`certPath: ${(error as Error).message}; expected a folder with ca.pem, cert.pem and key.pem`);
  }
}

function text(value: Value | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
