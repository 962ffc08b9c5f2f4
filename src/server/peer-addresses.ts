import { memberOf } from '../consensus/quorum.ts';
import type { Replica } from '../consensus/replica.ts';
import type { NodeId } from '../consensus/types.ts';
import type { PeerAddress } from '../transport/transport.ts';

type Endpoint = Pick<PeerAddress, 'host' | 'port'>;

/** `host:port`, as the configuration of the cluster holds it. */
export const addressText = ({ host, port }: Endpoint): string => `${host}:${port}`;

export function parseAddress(text: string): Endpoint {
  const place = text.lastIndexOf(':');
  return { host: text.slice(0, place), port: Number(text.slice(place + 1)) };
}

/** Where the peers are: as the cluster knows them, or else as our file lists them. */
export function peerAddresses({ peers, config, identity }: Replica): PeerAddress[] {
  const listed = new Map(identity.listedServers.map(({ id, address }) => [id, address]));
  return [...peers.keys()].flatMap(id => {
    const address = memberOf(config, id)?.address || listed.get(id);
    return address === undefined ? [] : [{ id, ...parseAddress(address) }];
  });
}

/** Where the cluster believes this server to be; undefined when it is no member. */
export function knownAddress({ config, identity }: Replica, self: NodeId): string | undefined {
  const member = memberOf(config, self);
  return member?.directoryId === identity.directoryId ? member.address : undefined;
}
