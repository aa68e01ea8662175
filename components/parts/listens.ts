/**
 * A probe that passes when a process of the container listens on the port. The parts behind the login proxy answer nothing
 * but the proxy, and log every other connection as an error; the proxy and the verification ask them for more.
 */
export function listens(port: number): readonly string[] {
  return ["sh", "-c", `netstat -ltn | grep -q ':${port} '`];
}
