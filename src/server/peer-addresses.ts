import { memberOf } from '../consensus/quorum.ts';
import type { Replica } from '../consensus/replica.ts';
import type { NodeId } from '../consensus/types.ts';
import { parseAddress } from '../transport/endpoint.ts';
import type { PeerAddress } from '../transport/transport.ts';

/**
 * Where the peers are. As our file lists them, for the way to a server may look different from each
 * place; but as the cluster knows them when they have moved, or when our file does not list them.
 */
export function peerAddresses({ peers, config, identity }: Replica): PeerAddress[] {
  const listed = new Map(identity.listedServers.map(({ id, address }) => [id, address]));
  return [...peers.keys()].flatMap(id => {
    const member = memberOf(config, id);
    const address = member?.hasMoved ? member.address : (listed.get(id) ?? member?.address);
    return address === undefined ? [] : [{ id, ...parseAddress(address) }];
  });
}

/** Where this server has moved to; undefined when it is where its file says. */
export function movedAddress({ config, identity }: Replica, self: NodeId): string | undefined {
  const member = memberOf(config, self);
  const isOurs = member?.directoryId === identity.directoryId && member.hasMoved;
  return isOurs ? member.address : undefined;
}
