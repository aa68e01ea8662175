/** An IPv4 network. */
export interface Subnet {
  /** `10.63.79.0/24` */
  readonly cidr: string;
  /** The network's address as a number. */
  readonly base: number;
  /** The number of addresses, including the network and broadcast addresses. */
  readonly size: number;
}

/**
 * Parses an IPv4 network with a prefix of /8 to /30. Returns undefined for any other text, and if host bits are set.
 */
export function parseSubnet(text: string): Subnet | undefined {
  const numbers = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text)?.slice(1);
  if (numbers === undefined || numbers.some((number) => number !== String(Number(number)))) {
    return undefined;
  }
  const [prefix = 0, ...octets] = numbers.map(Number).toReversed();
  const base = octets.reduce((sum, octet, place) => sum + octet * 256 ** place, 0);
  const size = 2 ** (32 - prefix);
  const isNetwork = octets.every((octet) => octet <= 255) && prefix >= 8 && prefix <= 30 && base % size === 0;
  return isNetwork ? { cidr: text, base, size } : undefined;
}

/** The network's address plus `offset`. */
export function addressAt(subnet: Subnet, offset: number): string {
  const address = subnet.base + offset;
  return [24, 16, 8, 0].map((bits) => Math.floor(address / 2 ** bits) % 256).join(".");
}

/** True if the whole subnet lies in a private range (RFC 1918). */
export function isPrivate(subnet: Subnet): boolean {
  return privateRanges.some((range) => contains(range, subnet));
}

/** True if the whole inner subnet lies in the outer one. */
export function contains(outer: Subnet, inner: Subnet): boolean {
  return inner.base >= outer.base && inner.base + inner.size <= outer.base + outer.size;
}

const privateRanges: readonly Subnet[] = [
  { cidr: "10.0.0.0/8", base: 10 * 256 ** 3, size: 2 ** 24 },
  { cidr: "172.16.0.0/12", base: 172 * 256 ** 3 + 16 * 256 ** 2, size: 2 ** 20 },
  { cidr: "192.168.0.0/16", base: 192 * 256 ** 3 + 168 * 256 ** 2, size: 2 ** 16 },
];
