import type { Message, MessageBody } from '../consensus/types.ts';
import type { NodeId } from '../words.ts';
import type { Envelope__Output as WireEnvelope } from './generated/gossipraft/Envelope.ts';
import { MalformedMessage, present } from './wire-checks.ts';
import { readEnvelope } from './wire-gossip.ts';

export type Gatekeeper = {
  readonly clusterId: string;
  readonly self: NodeId;
};

/**
 * Looks at who sends a message to whom before anything else of it is read. Throws a
 * MalformedMessage with the reason when it is not for us. Who is no member is let in: the protocol
 * tells it so, and listens to nothing that it says.
 */
export function admit(
  { clusterId, self }: Gatekeeper,
  wire: WireEnvelope | null,
  readBody: () => MessageBody,
): Message {
  const envelope = present(wire, 'envelope');
  const sender = JSON.stringify(envelope.from.slice(0, 64));
  if (envelope.clusterId !== clusterId) {
    const other = JSON.stringify(envelope.clusterId.slice(0, 64));
    throw new MalformedMessage(`${sender} belongs to the cluster ${other}, not to "${clusterId}"`);
  }
  if (envelope.to !== self) {
    throw new MalformedMessage(`${sender} wants to reach another server; the ports are mixed up`);
  }
  return { envelope: readEnvelope(envelope), body: readBody() };
}
