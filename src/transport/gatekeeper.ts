import { type ClusterReference, isSameCluster } from '../consensus/cluster-identity.ts';
import type { ClusterId, Identity, Message, MessageBody } from '../consensus/types.ts';
import type { NodeId } from '../words.ts';
import type { Envelope__Output as WireEnvelope } from './generated/gossipraft/Envelope.ts';
import { MalformedMessage, present } from './wire-checks.ts';
import { readEnvelope } from './wire-gossip.ts';

export type Gatekeeper = {
  /** A fresh server takes the identity of the cluster that it joins. */
  readonly cluster: () => ClusterReference;
  readonly self: NodeId;
  /** By name and by data directory. */
  readonly isMember: (server: Pick<Identity, 'id' | 'directoryId'>) => boolean;
};

/** With a refusal: the cluster of the server that refuses. */
export const clusterIdKey = 'cluster-id';

/** A message of another cluster. Nothing of it was read but who sent it. */
export class ForeignMessage extends MalformedMessage {
  readonly server: NodeId;
  readonly clusterId: ClusterId;

  constructor(server: NodeId, clusterId: ClusterId, text: string) {
    super(text);
    this.server = server;
    this.clusterId = clusterId;
  }
}

/**
 * Looks at who sends a message to whom before anything else of it is read. Throws a
 * MalformedMessage with the reason when it is not for us. Who is no member is let in: the protocol
 * tells it so, and listens to nothing that it says.
 */
export function admit(
  gatekeeper: Gatekeeper,
  wire: WireEnvelope | null,
  readBody: () => MessageBody,
): Message {
  const envelope = admitEnvelope(gatekeeper, wire);
  return { envelope: readEnvelope(envelope), body: readBody() };
}

/** Throws a MalformedMessage when the envelope is not for us. */
export function admitEnvelope(
  { cluster, self }: Gatekeeper,
  wire: WireEnvelope | null,
): WireEnvelope {
  const envelope = present(wire, 'envelope');
  demandSameCluster(cluster(), envelope);
  if (envelope.to !== self) {
    const sender = inQuotes(envelope.from);
    throw new MalformedMessage(`${sender} wants to reach another server; the ports are mixed up`);
  }
  return envelope;
}

function demandSameCluster(own: ClusterReference, envelope: WireEnvelope): void {
  const { clusterName, from } = envelope;
  const clusterId = (envelope.clusterId || undefined) as ClusterId | undefined;
  if (isSameCluster(own, { clusterId, clusterName })) return;
  const sender = inQuotes(from);
  if (own.clusterId === undefined || clusterId === undefined) {
    throw new MalformedMessage(
      `${sender} belongs to the cluster ${inQuotes(clusterName)}, not to "${own.clusterName}"`,
    );
  }
  const other = inQuotes(clusterId).slice(1, -1) as ClusterId;
  throw new ForeignMessage(
    inQuotes(from).slice(1, -1) as NodeId,
    other,
    `${sender} belongs to the cluster ${other}, not to ${own.clusterId}`,
  );
}

/** Whatever a stranger says of itself, in quotes, on one line and not too long. */
const inQuotes = (text: string): string => JSON.stringify(text.slice(0, 64));
