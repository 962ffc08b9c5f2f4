import type { NodeId } from '../words.ts';
import type { Gatekeeper } from './gatekeeper.ts';
import type { GrpcService } from './grpc-server.ts';
import { InboundStreams, type ServeSnapshot } from './inbound-streams.ts';
import { isRequest, PeerLink } from './peer-link.ts';
import { ServerToServer } from './proto-definitions.ts';
import type { Transport, TransportListener } from './transport.ts';

export type GrpcTransportOptions = Gatekeeper & {
  /** A link on which nothing comes back for this long is opened anew. */
  readonly silenceMs: number;
  readonly listener: TransportListener;
  /** Serves a snapshot; no message of the protocol. */
  readonly fetchSnapshot: ServeSnapshot;
};

/** Messages between servers: requests on our links, answers on the streams of the peers. */
export function createGrpcTransport(options: GrpcTransportOptions): {
  readonly transport: Transport;
  readonly service: GrpcService;
} {
  const { self, listener } = options;
  const gatekeeper: Gatekeeper = options;
  const inbound = new InboundStreams(gatekeeper, listener, options.fetchSnapshot);
  const links = new Map<NodeId, PeerLink>();
  const transport: Transport = {
    send(message) {
      const { envelope, body } = message;
      if (isRequest(body)) links.get(envelope.to)?.send(envelope, body);
      else inbound.reply(message);
    },
    follow(peers) {
      const wanted = new Map(peers.map(peer => [peer.id, peer]));
      wanted.delete(self);
      for (const [id, link] of links) {
        const peer = wanted.get(id);
        if (peer !== undefined) link.moveTo(peer);
        else if (links.delete(id)) link.close();
      }
      for (const [id, peer] of wanted) {
        if (links.has(id)) continue;
        links.set(id, new PeerLink(peer, gatekeeper, listener, options.silenceMs));
      }
    },
    connectedPeers: () =>
      [...links.values()].filter(({ isConnected }) => isConnected).map(({ peer }) => peer),
    close() {
      for (const link of links.values()) link.close();
      return Promise.resolve();
    },
  };
  const service = { definition: ServerToServer.service, implementation: inbound.handlers() };
  return { transport, service };
}
