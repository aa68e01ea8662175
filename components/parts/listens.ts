/**
 * A probe that passes if a process of the container listens on the port. The parts behind the login proxy answer only
 * the proxy and log every other connection as an error, so this probe opens no connection. The proxy and the
 * verification check their answers.
 */
export function listens(port: number): readonly string[] {
  return ["sh", "-c", `netstat -ltn | grep -q ':${port} '`];
}
