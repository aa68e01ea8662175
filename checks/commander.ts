import { randomUUID } from "node:crypto";
import { z } from "zod";
import { formatEndpoint } from "../topology/endpoint.ts";
import { type Check, CheckFailure, logOf } from "./check.ts";
import { type Answer, request } from "./http.ts";
import { oneMaster } from "./oneMaster.ts";
import type { RunningSet } from "./runningSet.ts";
import type { VerificationTarget } from "./target.ts";

type Commander = NonNullable<VerificationTarget["commander"]>;

/**
 * Redis Commander shows every key to whoever gets in, so it must refuse who has no login. It has no HTTP authentication:
 * its page is public, `POST /signin` answers 200 with `ok: false` to a wrong login and with a token that is valid for
 * 60 s to a right one, and everything that shows data wants that token (redis-commander 0.9.0, lib/app.js).
 */
export const commanderGuarded: Check = {
  name: "Commander refuses a wrong login and serves a right one",
  needs: [oneMaster],
  start: (set) => {
    const { commander } = set.target;
    if (commander === undefined) {
      return undefined;
    }
    // A login costs the server a password hash; it is not repeated while only Commander's own connections are awaited.
    let token: string | undefined;
    return async () => {
      token ??= await tokenOfRightLogin(set, commander);
      await showsMaster(set, commander, token);
      return `wrong login refused; ${commander.user} sees the master's data`;
    };
  },
};

async function tokenOfRightLogin(set: RunningSet, commander: Commander): Promise<string> {
  const path = "/apiv2/server/info";
  const stranger = await request(commander, address(set, commander, path));
  if (stranger.ok) {
    throw open(commander, "shows its data without a login");
  }
  if (stranger.status !== 401) {
    throw unexpected(commander, path, stranger);
  }
  if ((await signIn(set, commander, randomUUID())) !== undefined) {
    throw open(commander, "accepts a wrong password");
  }
  const token = await signIn(set, commander, commander.password);
  if (token === undefined) {
    const problem = `${commander.name} refuses the right password of ${commander.user}`;
    throw new CheckFailure([
      { problem, lookAt: `${logOf(commander)}, and httpAuth in its production.json`, lasting: true },
    ]);
  }
  return token;
}

/** The token; undefined when the login is refused. */
async function signIn(set: RunningSet, commander: Commander, password: string): Promise<string | undefined> {
  const path = "/signin";
  const response = await request(commander, address(set, commander, path), {
    method: "POST",
    body: new URLSearchParams({ username: commander.user, password }),
  });
  const answer = readJson(commander, path, response, signInAnswer);
  return answer.ok ? answer.bearerToken : undefined;
}

const signInAnswer = z.discriminatedUnion("ok", [
  z.object({ ok: z.literal(true), bearerToken: z.string() }),
  z.object({ ok: z.literal(false) }),
]);

/** Commander connects when it starts, and to nothing if the Sentinels were not there yet. */
async function showsMaster(set: RunningSet, commander: Commander, token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  const path = "/apiv2/server/info";
  const response = await request(commander, address(set, commander, path), { headers });
  const { data: servers } = readJson(commander, path, response, serverInfo);
  const broken = servers.find((server) => server.disabled === true);
  if (broken !== undefined || !servers.some(isMaster)) {
    const reason =
      broken === undefined
        ? "none of its connections leads to the master"
        : `a connection is not ready: ${broken.error ?? "no reason given"}`;
    throw new CheckFailure([
      { problem: `${commander.name} lets ${commander.user} in, but ${reason}`, lookAt: logOf(commander) },
    ]);
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

function open(commander: Commander, what: string): CheckFailure {
  const lookAt = `${logOf(commander)}: without httpAuth in its production.json it asks for no login`;
  return new CheckFailure([{ problem: `${commander.name} ${what}`, lookAt, lasting: true }]);
}

function address(set: RunningSet, commander: Commander, path: string): URL {
  return new URL(path, `http://${formatEndpoint(set.route.endpoint(commander))}`);
}
