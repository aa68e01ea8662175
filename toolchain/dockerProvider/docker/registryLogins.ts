import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Credentials } from "../resource.ts";
import { isList, isObject, type Value, type Values } from "../values.ts";

/**
 * Returns the logins in the provider's `registryAuth`, by the host of the registry.
 * @throws {Error} If an entry has no address or no login, or its file has no login for the registry.
 */
export function registryLogins(entries: Value): ReadonlyMap<string, Credentials> {
  const logins = new Map<string, Credentials>();
  for (const entry of isList(entries) ? entries : []) {
    const address = isObject(entry) ? entry["address"] : undefined;
    if (!isObject(entry) || typeof address !== "string" || address === "") {
      throw new Error("registryAuth: an entry has no address; expected the address of a registry");
    }
    const registry = hostOf(address);
    logins.set(registry, { ...login(registry, entry), serveraddress: address });
  }
  return logins;
}

/** Returns the host in the address of a registry: `ghcr.io` for `https://ghcr.io/team`. */
export function hostOf(address: string): string {
  return address.replace(/^https?:\/\//, "").split("/", 1)[0] ?? "";
}

function login(registry: string, entry: Values): { username: string; password: string } {
  // Docker requires a login for every pull. A registry without authentication ignores this one.
  if (entry["authDisabled"] === true) {
    return { username: "username", password: "password" };
  }
  const username = entry["username"] ?? process.env["DOCKER_REGISTRY_USER"];
  const password = entry["password"] ?? process.env["DOCKER_REGISTRY_PASS"];
  if (typeof username === "string" && username !== "") {
    return { username, password: typeof password === "string" ? password : "" };
  }
  const content = entry["configFileContent"];
  if (typeof content === "string" && content !== "") {
    return loginFrom(content, registry, "configFileContent");
  }
  const given = entry["configFile"];
  const file = typeof given === "string" && given !== "" ? given.replace(/^~(?=\/)/, homedir()) : defaultFile();
  return loginFrom(readFileSync(file, "utf8"), registry, file);
}

function defaultFile(): string {
  return join(process.env["DOCKER_CONFIG"] || join(homedir(), ".docker"), "config.json");
}

function loginFrom(content: string, registry: string, where: string): { username: string; password: string } {
  const config = parseJson(content, `registryAuth: ${where}`);
  const logins = isObject(config) && isObject(config["auths"]) ? config["auths"] : {};
  const found = Object.entries(logins).find(([address]) => sameRegistry(hostOf(address), registry))?.[1];
  const encoded = isObject(found) ? found["auth"] : undefined;
  if (typeof encoded !== "string" || encoded === "") {
    const reason = "credential helpers are not implemented by this Docker plugin";
    throw new Error(`registryAuth: ${where} has no login for ${registry} (${reason}); set username and password`);
  }
  const [username = "", ...password] = Buffer.from(encoded, "base64").toString("utf8").split(":");
  return { username, password: password.join(":") };
}

/**
 * Parses a JSON text. The error does not quote the text, which contains secrets.
 * @param what The name of the text in the error.
 */
export function parseJson(text: string, what: string): Value {
  try {
    return JSON.parse(text) as Value;
  } catch {
    throw new Error(`${what} is not valid JSON`);
  }
}

function sameRegistry(one: string, other: string): boolean {
  return one === other || (dockerHub.has(one) && dockerHub.has(other));
}

const dockerHub = new Set(["registry-1.docker.io", "index.docker.io", "docker.io", "registry.hub.docker.com"]);
