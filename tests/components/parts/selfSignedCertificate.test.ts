import { createPrivateKey, X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { selfSignedCertificate } from "../../../components/parts/selfSignedCertificate.ts";

test("a self-signed certificate is signed by its own key and does not expire", () => {
  const pem = selfSignedCertificate("sample");
  const certificate = new X509Certificate(pem);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.checkPrivateKey(createPrivateKey(pem))).toBe(true);
  expect(certificate.subject).toBe("CN=sample");
  expect(certificate.issuer).toBe("CN=sample");
  expect(certificate.validTo).toBe("Dec 31 23:59:59 9999 GMT");
});

test("a self-signed certificate with a long name is valid", () => {
  const name = "n".repeat(300);
  expect(new X509Certificate(selfSignedCertificate(name)).subject).toBe(`CN=${name}`);
});
