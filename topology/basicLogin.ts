import { createHash } from "node:crypto";

/**
 * What HAProxy compares with `req.fhdr(authorization),sha2(256),hex`: the SHA-256 of the header by which a client logs in
 * by HTTP basic authentication, so that no configuration file has a password in it.
 */
export function basicLoginHash(user: string, password: string): string {
  return createHash("sha256").update(basicLogin(user, password)).digest("hex").toUpperCase();
}

/** The header `Authorization` of HTTP basic authentication (RFC 7617). */
export function basicLogin(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}
