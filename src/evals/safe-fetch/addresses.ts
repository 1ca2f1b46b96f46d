import ipaddr from "ipaddr.js";
import { RowlockError } from "../../sdk/index.ts";

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Ranges of an operator that may be reached although not public. */
export type AllowList = readonly [Address, number][];

/**
 * Reads ranges such as `10.1.0.0/16`, `fd00::/8` or a single `10.1.2.3`.
 * @throws RowlockError INVALID_SETTING naming the range that is none
 */
export function parseAllowList(ranges: readonly string[]): AllowList {
  return ranges.map((range) => {
    try {
      if (range.includes("/")) return ipaddr.parseCIDR(range);
      const address = ipaddr.parse(range);
      return [address, address.kind() === "ipv4" ? 32 : 128];
    } catch {
      throw new RowlockError(
        "INVALID_SETTING",
        `"${range}" is no range of addresses. Write it like 10.1.0.0/16 or fd00::/8.`,
      );
    }
  });
}

/** Global unicast: all that was ever given out for the public internet. Anything outside is not public, known or not. */
const globalUnicast: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse("2000::"), 3];

/**
 * Whether a connection to this address may be made: it is public, or in a range of the operator.
 * Public is what the library calls "unicast", that is none of the special ranges (private, loopback, link-local,
 * shared, benchmarking, multicast, reserved, and for IPv6 also the translated and tunnelled ones: NAT64, 6to4,
 * Teredo, which can carry an internal IPv4 address). An IPv4 address mapped into IPv6 is judged as the IPv4 address.
 */
export function mayReach(text: string, allow: AllowList): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  if (allow.some(([range, bits]) => sameKind(address, range) && address.match(range, bits))) return true;
  if (address.range() !== "unicast") return false;
  return address instanceof ipaddr.IPv4 || address.match(globalUnicast);
}

function sameKind(a: Address, b: Address): boolean {
  return a.kind() === b.kind();
}
