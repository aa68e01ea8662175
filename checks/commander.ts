import { z } from "zod";
import { CheckFailure, logOf } from "../redis/finding.ts";
import { type Answer, loginHeaders, request } from "../redis/http.ts";
import type { RunningSet } from "../redis/runningSet.ts";
import type { VerificationTarget } from "../redis/target.ts";
import { formatEndpoint } from "../topology/endpoint.ts";
import type { Check } from "./check.ts";
import { loginsRequired } from "./loginProxy.ts";
import { oneMaster } from "./oneMaster.ts";

type Commander = NonNullable<VerificationTarget["commander"]>;

/**
 * Redis Commander is connected to the master and can be reached through the login proxy. Redis works without Commander,
 * so a failure is only a warning.
 */
export const commanderShowsMaster: Check = {
  name: "Commander shows the master's data to its user",
  severity: "warning",
  needs: [oneMaster, loginsRequired],
  start: (set) => {
    const { commander } = set.target;
    return (
      commander &&
      (async () => {
        await showsMaster(set, commander);
        return `${commander.user} sees the master's data`;
      })
    );
  },
};

/** Commander connects only when it starts. If no Sentinel is reachable then, it stays without a connection. */
async function showsMaster(set: RunningSet, commander: Commander): Promise<void> {
  const path = "/apiv2/server/info";
  const page = { ...commander, ...commander.access };
  const url = new URL(path, `http://${formatEndpoint(set.addressing.endpoint(page))}`);
  const response = await request(page, url, { headers: loginHeaders(commander) });
  if (response.status === 503) {
    throw new CheckFailure([
      { problem: `${commander.name} does not answer the login proxy`, lookAt: logOf(commander) },
    ]);
  }
  const { data: servers } = readJson(commander, path, response, serverInfo);
  const broken = servers.find((server) => server.disabled === true);
  if (broken !== undefined || !servers.some(isMaster)) {
    const reason =
      broken === undefined
        ? "is not connected to the master"
        : `has a connection that is not ready: ${broken.error ?? "no reason given"}`;
    throw new CheckFailure([{ problem: `${commander.name} runs but ${reason}`, lookAt: logOf(commander) }]);
  }
}

const serverInfo = z.object({
  data: z.array(
    z.object({
      disabled: z.boolean().optional(),
      error: z.string().optional(),
      info: z.array(z.object({ key: z.string(), value: z.string() })).default([]),
    }),
  ),
});

function isMaster(server: z.infer<typeof serverInfo>["data"][number]): boolean {
  return server.info.some(({ key, value }) => key === "Role" && value === "master");
}

function readJson<Schema extends z.ZodType>(
  commander: Commander,
  path: string,
  answer: Answer,
  schema: Schema,
): z.infer<Schema> {
  const parsed = schema.safeParse(asJson(answer.text));
  if (!parsed.success) {
    throw unexpected(commander, path, answer);
  }
  return parsed.data;
}

function unexpected(commander: Commander, path: string, { status, text }: Answer): CheckFailure {
  const answer = `HTTP ${status} ${text.slice(0, 200)}`.trim();
  return new CheckFailure([{ problem: `${commander.name} answers ${path} with ${answer}`, lookAt: logOf(commander) }]);
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
