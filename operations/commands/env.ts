import { adapterOf } from "../../hosts/targets.ts";
import { type ClientPlace, clientEnvironment, laravelVariables } from "../../topology/clientEnvironment.ts";
import type { DeployedSet } from "../../topology/outputs.ts";
import { defineCommand, exitCodes, stackOption, UsageError } from "../command.ts";
import { readChoice } from "../options.ts";
import { readDeployedSet } from "../stack/deployedSet.ts";

export const command = defineCommand({
  name: "env",
  summary: "print the environment variables for an application that uses a stack",
  usage: `npm run --silent env -- [--stack NAME] [--format dotenv|laravel|json] [--from network|host]

The output contains the password. With npm's own option --silent, it can be redirected into a file.

  --stack NAME     the stack (default: dev)
  --format FORMAT  dotenv: every variable as NAME=value (default)
                   laravel: only what a Laravel application with phpredis reads
                   json: every variable as one JSON object
  --from PLACE     network: for an application on the set's own network (default)
                   host: for a program on the machine that publishes the ports. If it cannot reach the addresses inside
                   the network (Docker Desktop), its client must translate the addresses that Sentinels return, as
                   ioredis does with natMap`,
  options: {
    stack: stackOption,
    format: { type: "string", default: "dotenv" },
    from: { type: "string", default: "network" },
  },
  async run({ stack, format, from }) {
    const describe = readChoice("--format", formats, format);
    const place = readChoice("--from", places, from);
    const set = await readDeployedSet(stack);
    if (place === "host" && !adapterOf(set.topology.host).publishesPorts) {
      throw new UsageError(
        `${stack} runs on Kubernetes, which publishes no ports on a machine; use kubectl port-forward to reach a node`,
      );
    }
    console.log(describe(set, place));
    return exitCodes.success;
  },
});

/** Functions that print the variables, by the name of the format. */
export const formats: Readonly<Record<string, (set: DeployedSet, place: ClientPlace) => string>> = {
  dotenv: ({ topology, password }, place) => assignments({ ...clientEnvironment(topology, password, place) }),
  laravel: ({ topology, password }, place) => assignments(laravelVariables(topology, password, place)),
  json: ({ topology, password }, place) => JSON.stringify(clientEnvironment(topology, password, place), undefined, 2),
};

const places: Readonly<Record<string, ClientPlace>> = { network: "network", host: "host" };

/** Addresses, numbers and passwords have only characters that need no quotes in an .env file or a shell. */
function assignments(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${value}`)
    .join("\n");
}
