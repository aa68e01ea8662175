import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { answeringEngine, dockerEngine, EngineAddressError } from "../../../hosts/docker/engine.ts";
import { temporaryFolder } from "../../support/unit/temporaryFolder.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

test("the error for a Docker engine that does not answer has its address and what to do", async () => {
  const socket = `unix://${join(temporaryFolder(), "nothing.sock")}`;
  await expect(answeringEngine(socket)).rejects.toEqual(
    new EngineAddressError(
      `Docker at ${socket} cannot be reached: nothing listens at this address (ENOENT); start Docker, or set DOCKER_HOST, or ` +
        "docker:host, to the address of Docker",
    ),
  );
});

describe("the Docker client of hooks", () => {
  test("uses the provider's socket, even if DOCKER_HOST and DOCKER_CERT_PATH name another engine", () => {
    vi.stubEnv("DOCKER_HOST", "tcp://10.0.0.1:2376");
    vi.stubEnv("DOCKER_CERT_PATH", certificates());
    expect(dockerEngine("unix:///run/other.sock").modem).toMatchObject({
      host: undefined,
      port: undefined,
      socketPath: "/run/other.sock",
      protocol: "http",
      key: undefined,
    });
  });

  test.each([
    ["tcp://10.1.2.3", { protocol: "http", host: "10.1.2.3", port: 2375 }],
    ["http://10.1.2.3:2380", { protocol: "http", host: "10.1.2.3", port: "2380" }],
    ["https://10.1.2.3", { protocol: "https", host: "10.1.2.3", port: 2376 }],
    ["ssh://redis@10.1.2.3", { protocol: "ssh", host: "10.1.2.3", port: 22, username: "redis" }],
  ])("connects to docker:host %s", (address, expected) => {
    vi.stubEnv("DOCKER_HOST", "unix:///var/run/other.sock");
    vi.stubEnv("DOCKER_CERT_PATH", "");
    expect(dockerEngine(address).modem).toMatchObject(expected);
  });

  test("uses the certificates in docker:certPath, or else in DOCKER_CERT_PATH", () => {
    const encrypted = {
      protocol: "https",
      host: "10.1.2.3",
      port: 2376,
      ca: Buffer.from(certificate("ca.pem")),
      key: Buffer.from(certificate("key.pem")),
    };
    vi.stubEnv("DOCKER_HOST", "");
    expect(dockerEngine("tcp://10.1.2.3", certificates()).modem).toMatchObject(encrypted);
    vi.stubEnv("DOCKER_CERT_PATH", certificates());
    expect(dockerEngine("tcp://10.1.2.3").modem).toMatchObject(encrypted);
  });

  test("connects to DOCKER_HOST when only docker:certPath is configured", () => {
    vi.stubEnv("DOCKER_HOST", "tcp://10.0.0.1:2377");
    expect(dockerEngine(undefined, certificates()).modem).toMatchObject({
      protocol: "https",
      host: "10.0.0.1",
      port: "2377",
    });
  });

  test.each(["nonsense", "ftp://10.1.2.3", "10.1.2.3:2375"])("refuses docker:host %s", (address) => {
    expect(() => dockerEngine(address)).toThrow(
      new EngineAddressError(
        `docker:host is ${address}, expected unix:///path/to/docker.sock, tcp://host:port or ssh://user@host`,
      ),
    );
  });

  test("refuses a docker:certPath without certificates", () => {
    expect(() => dockerEngine("tcp://10.1.2.3", "/nowhere")).toThrow(
      /^docker:certPath is \/nowhere, expected a folder with ca\.pem, cert\.pem and key\.pem: ENOENT/,
    );
  });
});

function certificate(name: string): string {
  return `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`;
}

/** Makes a folder with certificates whose contents are their file names. */
function certificates(): string {
  const folder = temporaryFolder();
  for (const name of ["ca.pem", "cert.pem", "key.pem"]) {
    writeFileSync(join(folder, name), certificate(name));
  }
  return folder;
}
