import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { checkConfiguration, parseConfiguration } from "../../../toolchain/dockerProvider/docker/configuration.ts";
import { Plugin } from "../../support/toolchain/dockerProvider/plugin.ts";
import { temporaryFolder } from "../../support/unit/temporaryFolder.ts";

describe("the configuration of the Docker provider", () => {
  test("reports every unknown setting and every setting that is not implemented, all at once", () => {
    expect(checkConfiguration({ host: "ssh://redis@example.org", sshOpts: '["-v"]', colour: "red" })).toEqual([
      {
        property: "sshOpts",
        reason:
          "ssh:// hosts are not implemented by this Docker plugin; use the official plugin of @pulumi/docker for it",
      },
      { property: "colour", reason: "colour is not a setting of the Docker provider" },
      {
        property: "host",
        reason:
          "host is ssh://redis@example.org; ssh:// is not implemented by this Docker plugin, expected unix:///path/to/docker.sock or tcp://host:port; forward the socket over ssh, or use the official plugin of @pulumi/docker",
      },
    ]);
  });

  test("takes the host from the program, else from DOCKER_HOST, else the default socket of Docker", () => {
    vi.stubEnv("DOCKER_HOST", "tcp://10.0.0.1:2375");
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(parseConfiguration({ host: "unix:///run/other.sock" }).host).toBe("unix:///run/other.sock");
    expect(parseConfiguration({}).host).toBe("tcp://10.0.0.1:2375");
    vi.stubEnv("DOCKER_HOST", "");
    expect(parseConfiguration({}).host).toBe("unix:///var/run/docker.sock");
  });

  test("takes the host from a context of the docker command", () => {
    const folder = dockerFolder();
    const meta = join(folder, "contexts/meta", createHash("sha256").update("colima").digest("hex"));
    mkdirSync(meta, { recursive: true });
    writeFileSync(join(meta, "meta.json"), '{"Name":"colima","Endpoints":{"docker":{"Host":"unix:///colima.sock"}}}');
    expect(parseConfiguration({ context: "colima", host: "tcp://10.0.0.1:2375" }).host).toBe("unix:///colima.sock");
    expect(() => parseConfiguration({ context: "none" })).toThrow(/^the Docker context none cannot be read: ENOENT/);
  });

  test("takes certificates from a folder or as text, and refuses an incomplete set of certificates", () => {
    const folder = temporaryFolder();
    for (const name of ["ca", "cert", "key"]) {
      writeFileSync(join(folder, `${name}.pem`), name);
    }
    const tls = { ca: "ca", cert: "cert", key: "key" };
    expect(parseConfiguration({ certPath: folder }).tls).toEqual(tls);
    expect(parseConfiguration({ caMaterial: "ca", certMaterial: "cert", keyMaterial: "key" }).tls).toEqual(tls);
    expect(() => parseConfiguration({ keyMaterial: "key" })).toThrow("set all three or none");
    expect(() => parseConfiguration({ certPath: "/no/such" })).toThrow(
      "expected a folder with ca.pem, cert.pem and key.pem",
    );
  });

  test("takes logins from the program, or from the file in which docker login stores them", () => {
    const folder = dockerFolder();
    const auth = Buffer.from("hub-user:pass:word").toString("base64");
    writeFileSync(join(folder, "config.json"), JSON.stringify({ auths: { "https://index.docker.io/v1/": { auth } } }));
    const { credentials } = parseConfiguration({
      registryAuth: JSON.stringify([
        { address: "https://ghcr.io", username: "u", password: "p" },
        { address: "registry-1.docker.io" },
        { address: "127.0.0.1:5000", authDisabled: true },
      ]),
    });
    expect(credentials("ghcr.io")).toEqual({ username: "u", password: "p", serveraddress: "https://ghcr.io" });
    expect(credentials("registry-1.docker.io")).toMatchObject({ username: "hub-user", password: "pass:word" });
    expect(credentials("127.0.0.1:5000")).toBeDefined();
    expect(credentials("quay.io")).toBeUndefined();
    expect(() => parseConfiguration({ registryAuth: '[{"address":"quay.io"}]' })).toThrow(
      /^registryAuth: .*config\.json has no login for quay\.io/,
    );
    expect(() => parseConfiguration({ registryAuth: '[{"password":"p' })).toThrow(/^registryAuth is not valid JSON$/);
  });

  test("is returned with its logins and its key marked as secret, so that the state stores them encrypted", async () => {
    const plugin = await Plugin.start();
    onTestFinished(() => plugin.stop());
    const registryAuth = '[{"address":"ghcr.io","username":"u","password":"p"}]';
    const secret = (value: string) => ({
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      value,
    });
    expect(await plugin.checkConfig({ host: "unix:///x.sock", registryAuth, keyMaterial: "k" })).toEqual({
      inputs: { host: "unix:///x.sock", registryAuth: secret(registryAuth), keyMaterial: secret("k") },
      failures: [],
    });
  });
});

/** Creates an empty folder that replaces ~/.docker in this test. */
function dockerFolder(): string {
  const folder = temporaryFolder();
  vi.stubEnv("DOCKER_CONFIG", folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  return folder;
}
