import { join } from "node:path";
import { basicLoginHash } from "../topology/basicLogin.ts";
import { metricsTargets } from "../topology/metricsTargets.ts";
import type { GuardedPlan, NodePlan, Topology } from "../topology/topology.ts";
import { containerPaths, type NodeFiles, type Paths, plainWord, render } from "./render.ts";

/** The secrets of the login proxy. It has a password for each part that the set has. */
export interface LoginProxySecrets {
  /** The certificate and key by which the parts authenticate the proxy, as PEM. */
  readonly certificate: string;
  /** Files contain only the hashes of this password and of the next one. */
  readonly exporterPassword?: string | undefined;
  readonly commanderPassword?: string | undefined;
}

/** The port of the login proxy's own health check. It listens on loopback only. */
const healthPort = 8405;

/** The number of simultaneous connections for each part: one Prometheus, and a few users. */
const maxConnectionsEach = 50;

/** The number of wrong logins in ten seconds after which an address is refused for a while. */
const maxWrongLogins = 20;

/**
 * The largest body of a request, in bytes. Redis Commander accepts a little less (server.clientMaxBodySize, 100 kB).
 */
const maxBodySize = 128 * 1024;

/** The files, start command and probe of the login proxy. */
export function loginProxyFiles(topology: Topology, proxy: NodePlan, paths: Paths = containerPaths): NodeFiles {
  const configuration = join(paths.configuration, "login-proxy.cfg");
  return {
    files: { [configuration]: loginProxyConfiguration(topology, proxy, paths) },
    command: ["haproxy", "-db", "-f", secretsFile(paths), "-f", configuration],
    // The proxy is healthy even if the exporter or Redis Commander is not.
    probe: ["wget", "-q", "-O", "-", `http://127.0.0.1:${healthPort}/`],
  };
}

/** The login proxy's secret files: path to content. */
export function loginProxySecretFiles(
  { exporter, commander }: Pick<Topology, "exporter" | "commander">,
  { certificate, exporterPassword, commanderPassword }: LoginProxySecrets,
  paths: Paths = containerPaths,
): Record<string, string> {
  const view = {
    exporterLogin: loginHash(exporter, exporterPassword),
    commanderLogin: loginHash(commander, commanderPassword),
  };
  return {
    [secretsFile(paths)]: render("login-proxy-secrets.cfg", view, plainWord),
    [certificateFile(paths)]: certificate,
  };
}

/** The path of the certificate and key that the exporter, Redis Commander and the login proxy share. */
export function certificateFile({ secrets }: Paths = containerPaths): string {
  return join(secrets, "login-proxy.pem");
}

function secretsFile({ secrets }: Paths): string {
  return join(secrets, "login-proxy-secrets.cfg");
}

function loginHash(part: GuardedPlan | undefined, password: string | undefined): string | undefined {
  return part === undefined || password === undefined ? undefined : basicLoginHash(part.user, password);
}

/** Renders login-proxy.cfg, which contains no logins. */
function loginProxyConfiguration(topology: Topology, proxy: NodePlan, paths: Paths): string {
  const { exporter, commander } = topology;
  const view = {
    name: proxy.name,
    set: topology.name,
    certificate: certificateFile(paths),
    connections: 2 * maxConnectionsEach + 10,
    connectionsEach: maxConnectionsEach,
    wrongLogins: maxWrongLogins,
    largestBody: maxBodySize,
    ports: { health: healthPort },
    exporter: exporter && { ...exporter, targets: metricsTargets(topology).map(({ target }) => target) },
    commander,
  };
  return render("login-proxy.cfg", view, plainWord);
}
