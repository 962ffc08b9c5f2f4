import type { PeerAddress } from '../addresses.ts';
import { parseAddress, placeOf } from '../addresses.ts';
import type { View } from '../consensus/protocol.ts';
import { memberOf } from '../consensus/quorum.ts';
import type { NodeId } from '../consensus/types.ts';

/** Where the peers are, as the cluster knows them or our file lists them. */
export function peerAddresses({ peers, newestConfig, identity }: View): PeerAddress[] {
  const listed = new Map(
    identity.listedServers.map(({ id, address }) => [id, parseAddress(address)]),
  );
  return peers.flatMap(id => {
    const member = memberOf(newestConfig, id);
    const place = member === undefined ? listed.get(id) : placeOf(member, listed.get(id));
    return place === undefined ? [] : [{ id, ...place }];
  });
}

/** Where this server has moved to; undefined when it is where its file says. */
export function movedAddress({ newestConfig, identity }: View, self: NodeId): string | undefined {
  const member = memberOf(newestConfig, self);
  const isOurs = member?.directoryId === identity.directoryId && member.hasMoved;
  return isOurs ? member.address : undefined;
}
