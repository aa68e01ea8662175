import { DrilledSet } from "../../../drills/drilledSet.ts";
import type { NodeFaults } from "../../../drills/nodeFaults.ts";
import { OperationError } from "../../../operations/command.ts";
import { targetOf } from "../../../redis/target.ts";
import { Deployment } from "../../support/docker/deployment.ts";
import { DockerFaults, withoutFaults } from "../../support/docker/dockerFaults.ts";

/** The default set of the stack dev without exporter and Redis Commander, with a subnet and ports of its own. */
const configuration = {
  name: "redis-ha-failover",
  images: "local",
  size: "dev",
  sentinels: { downAfter: "2s" },
  exporter: { enabled: false },
  commander: { enabled: false },
  docker: {
    subnet: "10.63.81.0/24",
    ports: { redis: 15389, sentinel: 25389, writes: 15399, reads: 15409, statistics: 15419 },
  },
};

/**
 * Brings up a set on Docker, passes it to `use`, and removes it afterwards, even after an error.
 *
 * @throws OperationError if faults cannot be injected on this machine
 */
export async function withDeployedSet<Result>(
  use: (set: DrilledSet, faults: NodeFaults) => Promise<Result>,
): Promise<Result> {
  if (withoutFaults !== undefined) {
    throw new OperationError(withoutFaults);
  }
  const deployment = await Deployment.create("failover", configuration);
  try {
    const { exitCode, output } = await deployment.up();
    if (exitCode !== 0) {
      throw new Error(output);
    }
    const set = await DrilledSet.reach(targetOf(await deployment.deployedSet()));
    return await use(set, new DockerFaults(deployment.onDocker));
  } finally {
    await deployment.dispose();
  }
}
