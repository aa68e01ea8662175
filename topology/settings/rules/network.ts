import { leastSubnetSize, type PortRange, publishedPorts, subnetOf } from "../addressPlan.ts";
import type { Problem } from "../problem.ts";
import { isPrivate } from "../subnet.ts";
import type { Rule, SettingPath } from "./rule.ts";

const portSettings: readonly SettingPath[] = [
  "replicas",
  "sentinels.count",
  "gateway",
  "exporter.enabled",
  "commander.enabled",
  "docker.ports",
];

export const networkRules: readonly Rule[] = [
  {
    severity: "problem",
    reads: ["docker.subnet"],
    check: ({ docker: { subnet } }) =>
      isPrivate(subnet)
        ? []
        : [
            {
              path: "docker.subnet",
              got: subnet.cidr,
              expected: "a private network, within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16",
              advice: "the machine could no longer reach these addresses outside the set",
            },
          ],
  },
  {
    severity: "problem",
    reads: ["target", "docker.subnet", "kubernetes.serviceSubnet", "replicas", "sentinels.count"],
    check: (settings) => {
      const {
        target,
        replicas,
        sentinels: { count },
      } = settings;
      const subnet = subnetOf(settings);
      const size = leastSubnetSize(replicas + 1, count);
      return subnet.size >= size
        ? []
        : [
            {
              path: target === "docker" ? "docker.subnet" : "kubernetes.serviceSubnet",
              got: subnet.cidr,
              expected: `a prefix of at most /${32 - Math.log2(size)}, for ${replicas + 1} data nodes, ${count} Sentinels and 10 further addresses`,
            },
          ];
    },
  },
  {
    severity: "problem",
    reads: portSettings,
    check: (settings) => publishedPorts(settings).flatMap(beyondLastPort),
  },
  {
    severity: "problem",
    reads: portSettings,
    check: (settings) => {
      const ranges = publishedPorts(settings);
      return ranges.flatMap((range, index) => ranges.slice(0, index).flatMap((earlier) => collision(earlier, range)));
    },
  },
  {
    severity: "warning",
    reads: ["docker.publishAddress"],
    check: ({ docker: { publishAddress } }) =>
      publishAddress !== "0.0.0.0" && publishAddress !== "::"
        ? []
        : [
            {
              path: "docker.publishAddress",
              got: publishAddress,
              expected: "127.0.0.1, or one address of a private network",
              advice:
                "every client that can reach the machine can connect to Redis and the login proxy, which only passwords protect",
            },
          ],
  },
];

function beyondLastPort({ key, first, count }: PortRange): readonly Problem[] {
  const highest = 65_536 - count;
  return first <= highest
    ? []
    : [
        {
          path: `docker.ports.${key}`,
          got: String(first),
          expected: `at most ${highest}, for ${count} consecutive ports`,
        },
      ];
}

function collision(earlier: PortRange, later: PortRange): readonly Problem[] {
  const isDisjoint = earlier.first + earlier.count <= later.first || later.first + later.count <= earlier.first;
  return isDisjoint
    ? []
    : [
        {
          path: `docker.ports.${later.key}`,
          got: inWords(later),
          expected: `ports that do not overlap docker.ports.${earlier.key}, which uses ${inWords(earlier)}`,
        },
      ];
}

function inWords({ first, count }: PortRange): string {
  return count === 1 ? String(first) : `${first} to ${first + count - 1}`;
}
