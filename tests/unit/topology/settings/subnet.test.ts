import { expect, test } from "vitest";
import { addressAt, isPrivate, parseSubnet, type Subnet } from "../../../../topology/settings/subnet.ts";

test("the addresses of a network are consecutive across octets", () => {
  const subnet = parsed("192.168.254.0/23");
  expect([0, 1, 255, 256, 511].map((offset) => addressAt(subnet, offset))).toEqual([
    "192.168.254.0",
    "192.168.254.1",
    "192.168.254.255",
    "192.168.255.0",
    "192.168.255.255",
  ]);
});

test.each([
  "10.0.0.1/24",
  "10.0.0.0",
  "10.0.0.0/33",
  "10.0.0.0/31",
  "0.0.0.0/0",
  "10.0.0/24",
  "10.0.256.0/24",
  "010.0.0.0/24",
  "fd00::/64",
  "10.0.0.0/24 ",
])("%j is refused as a network", (text) => {
  expect(parseSubnet(text)).toBeUndefined();
});

test.each([
  ["10.0.0.0/8", true],
  ["172.16.0.0/12", true],
  ["172.31.255.0/24", true],
  ["192.168.0.0/16", true],
  ["172.32.0.0/24", false],
  ["172.0.0.0/8", false],
  ["192.169.0.0/24", false],
  ["8.8.8.0/24", false],
])("the network %s is private: %s", (cidr, expected) => {
  expect(isPrivate(parsed(cidr))).toBe(expected);
});

function parsed(cidr: string): Subnet {
  return parseSubnet(cidr)!;
}
