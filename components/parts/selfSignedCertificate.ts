import { generateKeyPairSync, sign } from "node:crypto";

/** Tags of the Distinguished Encoding Rules (ITU-T X.690). */
const asn1Tag = { integer: 0x02, bits: 0x03, oid: 0x06, text: 0x0c, sequence: 0x30, set: 0x31, utc: 0x17, time: 0x18 };

/** 1.3.101.112, Ed25519 (RFC 8410). */
const ed25519 = der(asn1Tag.sequence, der(asn1Tag.oid, Buffer.from([0x2b, 0x65, 0x70])));

/** 2.5.4.3, commonName. */
const commonName = der(asn1Tag.oid, Buffer.from([0x55, 0x04, 0x03]));

/**
 * A new Ed25519 key and its self-signed certificate, as PEM. The certificate is its own certificate authority: two
 * programs that share it and trust no other certificate authenticate each other with mutual TLS. It contains no host
 * names, so it cannot be used where a client verifies the host name.
 *
 * The certificate does not expire: its end is the date that RFC 5280, 4.1.2.5, defines for this. It works like a shared
 * secret, and is replaced together with its key.
 */
export function selfSignedCertificate(name: string): string {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const distinguishedName = der(
    asn1Tag.sequence,
    der(asn1Tag.set, der(asn1Tag.sequence, commonName, der(asn1Tag.text, Buffer.from(name)))),
  );
  const since = der(asn1Tag.utc, Buffer.from("000101000000Z"));
  const forever = der(asn1Tag.time, Buffer.from("99991231235959Z"));
  // Without extensions the certificate has version 1, which is the default and is not encoded.
  const content = der(
    asn1Tag.sequence,
    der(asn1Tag.integer, Buffer.from([1])),
    ed25519,
    distinguishedName,
    der(asn1Tag.sequence, since, forever),
    distinguishedName,
    publicKey.export({ type: "spki", format: "der" }),
  );
  const signature = der(asn1Tag.bits, Buffer.from([0]), sign(null, content, privateKey));
  const certificate = der(asn1Tag.sequence, content, ed25519, signature).toString("base64");
  const lines = certificate.match(/.{1,64}/g) ?? [];
  return [
    "-----BEGIN CERTIFICATE-----",
    ...lines,
    "-----END CERTIFICATE-----",
    privateKey.export({ type: "pkcs8", format: "pem" }),
  ].join("\n");
}

/** Encodes a tag, the length and the content. The number of length bytes precedes a length of 128 or more. */
function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const prefix = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...prefix]), content]);
}
