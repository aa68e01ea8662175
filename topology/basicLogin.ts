import { createHash } from "node:crypto";

/**
 * The SHA-256 hash of the `Authorization` header of a login, which HAProxy compares with
 * `req.fhdr(authorization),sha2(256),hex`. With the hash, no configuration file contains a password.
 */
export function basicLoginHash(user: string, password: string): string {
  return createHash("sha256").update(basicLogin(user, password)).digest("hex").toUpperCase();
}

/** The value of the `Authorization` header of HTTP basic authentication (RFC 7617). */
export function basicLogin(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}
