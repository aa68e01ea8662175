import { join } from "node:path";
import { basicLoginHash } from "../topology/basicLogin.ts";
import { metricsTargets } from "../topology/metricsTargets.ts";
import type { GuardedPlan, NodePlan, Topology } from "../topology/topology.ts";
import { containerPaths, type NodeFiles, type Paths, plainWord, render } from "./render.ts";

/** The secrets of the login proxy; passwords of the parts that the set has. */
export interface LoginProxySecrets {
  /** Certificate and key by which the parts recognise the proxy, as PEM. */
  readonly certificate: string;
  /** Only its hash reaches a file, as the other one's. */
  readonly exporterPassword?: string | undefined;
  readonly commanderPassword?: string | undefined;
}

/** The port, on loopback alone, that tells whether the login proxy itself runs. */
const HEALTH_PORT = 8405;

/** Requests that the proxy handles at a time for each part: a Prometheus, and a few people. */
const CONNECTIONS_EACH = 50;

/** Wrong logins of one address within ten seconds; more than these, and the address is refused for a while. */
const WRONG_LOGINS = 20;

/** Bytes of a request's body, a little above what Redis Commander accepts (server.clientMaxBodySize, 100 kB). */
const LARGEST_BODY = 128 * 1024;

/** The files, start command and probe of the login proxy. */
export function loginProxyFiles(topology: Topology, proxy: NodePlan, paths: Paths = containerPaths): NodeFiles {
  const configuration = join(paths.configuration, "login-proxy.cfg");
  return {
    files: { [configuration]: loginProxyConfiguration(topology, proxy, paths) },
    command: ["haproxy", "-db", "-f", secretsFile(paths), "-f", configuration],
    // That the exporter or Commander is not well makes the proxy in front of them no less well.
    probe: ["wget", "-q", "-O", "-", `http://127.0.0.1:${HEALTH_PORT}/`],
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

/** Where the exporter, Commander and the login proxy have the certificate and key that they share. */
export function certificateFile({ secrets }: Paths = containerPaths): string {
  return join(secrets, "login-proxy.pem");
}

function secretsFile({ secrets }: Paths): string {
  return join(secrets, "login-proxy-secrets.cfg");
}

function loginHash(part: GuardedPlan | undefined, password: string | undefined): string | undefined {
  return part === undefined || password === undefined ? undefined : basicLoginHash(part.user, password);
}

/** login-proxy.cfg without logins. */
function loginProxyConfiguration(topology: Topology, proxy: NodePlan, paths: Paths): string {
  const { exporter, commander } = topology;
  const view = {
    name: proxy.name,
    set: topology.name,
    certificate: certificateFile(paths),
    connections: 2 * CONNECTIONS_EACH + 10,
    connectionsEach: CONNECTIONS_EACH,
    wrongLogins: WRONG_LOGINS,
    largestBody: LARGEST_BODY,
    ports: { health: HEALTH_PORT },
    exporter: exporter && { ...exporter, targets: metricsTargets(topology).map(({ target }) => target) },
    commander,
  };
  return render("login-proxy.cfg", view, plainWord);
}
