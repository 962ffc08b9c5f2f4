import { isIP, isIPv4, isIPv6 } from 'node:net';

const hostHeader = /^(?:\[([0-9A-Fa-f:.]+)\]|([^[\]:@/\\?#\s]+))(?::\d{1,5})?$/;

/**
 * Is the request meant for us? A page can point a name of its own at 127.0.0.1 and then speak to
 * whoever listens there as its own origin (DNS rebinding). It cannot do so with an address, and not
 * with a name that only its owner can point elsewhere.
 */
export function isKnownHost(header: string, allowed: readonly string[]): boolean {
  const [, bracketed, plain] = hostHeader.exec(header) ?? [];
  if (bracketed !== undefined) return isIPv6(bracketed);
  if (plain === undefined) return false;
  const name = withoutDot(plain);
  if (isIPv4(name) || name === 'localhost') return true;
  return allowed.some(other => withoutDot(other) === name);
}

const withoutDot = (name: string): string => name.toLowerCase().replace(/\.$/, '');

/** A warning for whoever listens where others can reach it; undefined on the loopback. */
export function exposureOf(host: string): string | undefined {
  const isLoopback = host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
  if (isLoopback) return undefined;
  const where = host === '0.0.0.0' || host === '::' ? 'all addresses of this machine' : host;
  return (
    `listens on ${where}: whoever reaches the port can read and change everything, members ` +
    'included, for there are no passwords yet; keep it in a trusted network, or on 127.0.0.1'
  );
}

/** Names that are no addresses: under them the client server was told to be reached. */
export const namesIn = (hosts: readonly string[]): string[] =>
  hosts.filter(host => isIP(host) === 0);
