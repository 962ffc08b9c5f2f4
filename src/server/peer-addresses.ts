import { memberOf } from '../consensus/quorum.ts';
import type { Replica } from '../consensus/replica.ts';
import type { NodeId } from '../consensus/types.ts';
import { parseAddress } from '../transport/endpoint.ts';
import type { PeerAddress } from '../transport/transport.ts';

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
