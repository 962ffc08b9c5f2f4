import type { NodeId } from './words.ts';

/** Where a program listens. */
export type Endpoint = { readonly host: string; readonly port: number };
/** Where a server is. */
export type PeerAddress = Endpoint & { readonly id: NodeId };

/** `host:port`, as the configuration of the cluster holds it. */
export const addressText = ({ host, port }: Endpoint): string => `${host}:${port}`;

export function parseAddress(text: string): Endpoint {
  const place = text.lastIndexOf(':');
  return { host: text.slice(0, place), port: Number(text.slice(place + 1)) };
}

/** Why the text is no address; undefined when it is one. */
export function problemOfAddress(text: string): string | undefined {
  const { host, port } = parseAddress(text);
  const isAddress =
    host !== '' && !/\s/.test(host) && Number.isInteger(port) && port >= 1 && port <= 65_535;
  if (isAddress && text.length <= 256) return undefined;
  return `expected an address like "localhost:50054", got ${JSON.stringify(text.slice(0, 64))}`;
}

/**
 * Where a member is. As a configuration file lists it, for the way may look different from each
 * place; but as the cluster knows it when it has moved, or when the file does not list it.
 */
export const placeOf = (
  { address, hasMoved }: { readonly address: string; readonly hasMoved: boolean },
  listed: Endpoint | undefined,
): Endpoint => (hasMoved || listed === undefined ? parseAddress(address) : listed);
