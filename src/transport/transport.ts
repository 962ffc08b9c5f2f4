import type { PeerAddress } from '../addresses.ts';
import type { Message } from '../consensus/types.ts';
import type { ClusterId, NodeId } from '../words.ts';

/**
 * Brings messages to peers.
 *
 * Contract: a message may be lost, repeated or overtaken; it is never altered, and never delivered
 * to another server. `send` does not throw and does not wait; a slow or dead peer costs a bounded
 * amount of memory.
 */
export type Transport = {
  send(message: Message): void;
  /** From now on these are the peers; links to others are closed. */
  follow(peers: readonly PeerAddress[]): void;
  /** Peers to which there is a connection now. */
  connectedPeers(): readonly NodeId[];
  close(): Promise<void>;
};

export type TransportListener = {
  received(message: Message): void;
  /** A connection to the peer was made (again): what was sent before may be lost. */
  connected(peer: NodeId): void;
  disconnected(peer: NodeId): void;
  /** A server of another cluster was met; nothing that it sent was used. */
  foreign(foreigner: Foreigner): void;
  /** Somebody sent what no server of this cluster would send; nothing of it was used. */
  refused(address: string, reason: string): void;
};

/** A server of another cluster that has our address, or is found where one of ours should be. */
export type Foreigner = {
  readonly server: NodeId;
  readonly clusterId: ClusterId;
  readonly address: string;
  /** It was met where we looked for a server of ours. */
  readonly isAnswer: boolean;
};

/** Where a server is to be found. */
