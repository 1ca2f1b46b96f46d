import { lookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { Agent, buildConnector } from "undici";
import { type AllowList, mayReach, parseAllowList } from "./addresses.ts";
import { hostOf, internalAddress } from "./target.ts";

export type Route = { agent: Agent; allow: AllowList };

const routes = new Map<string, Route>();

/** One agent per allow-list and process, so that calls share connections that were checked by the same rules. */
export function routeFor(ranges: readonly string[]): Route {
  const key = [...ranges].sort().join(",");
  const known = routes.get(key);
  if (known !== undefined) return known;
  const allow = parseAllowList(ranges);
  // The caller's deadline bounds headers and body together; undici's own limits would only cut it short.
  const agent = new Agent({ connect: guardedConnector(allow), headersTimeout: 0, bodyTimeout: 0 });
  const route = { agent, allow };
  routes.set(key, route);
  return route;
}

/** Closes all kept connections. Calls made later open new ones. */
export async function closeAgents(): Promise<void> {
  const open = [...routes.values()];
  routes.clear();
  await Promise.all(open.map(({ agent }) => agent.destroy()));
}

/**
 * Every connection passes here. A name is looked up once, all its addresses are checked, and the socket gets those
 * very addresses: a second look-up could answer differently (DNS rebinding). Node asks no look-up for an address
 * written out, so that one is checked first.
 */
function guardedConnector(allow: AllowList): buildConnector.connector {
  const guardedLookup: LookupFunction = (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, "", 0);
      const [first] = addresses;
      if (first === undefined || !addresses.every(({ address }) => mayReach(address, allow))) {
        return callback(internalAddress(hostname), "", 0);
      }
      if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
  const connect = buildConnector({ lookup: guardedLookup, allowH2: false, timeout: 10_000 });
  return (options, callback) => {
    const host = hostOf(options.hostname);
    if (isIP(host) !== 0 && !mayReach(host, allow)) {
      callback(internalAddress(options.hostname), null);
    } else {
      connect({ ...options, hostname: host }, callback);
    }
  };
}
