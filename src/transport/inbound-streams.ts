import type { ServerDuplexStream, sendUnaryData } from '@grpc/grpc-js';
import { Metadata, status } from '@grpc/grpc-js';
import type { Envelope, Message } from '../consensus/types.ts';
import type { DirectoryId, NodeId } from '../words.ts';
import {
  admit,
  admitEnvelope,
  clusterIdKey,
  ForeignMessage,
  type Gatekeeper,
} from './gatekeeper.ts';
import type { Envelope__Output as WireEnvelope } from './generated/gossipraft/Envelope.ts';
import type { RequestVoteReply } from './generated/gossipraft/RequestVoteReply.ts';
import type { ServerToServerHandlers } from './generated/gossipraft/ServerToServer.ts';
import { PullAnswers } from './pull-answers.ts';
import type { TransportListener } from './transport.ts';
import { duration, reasonOf } from './wire-checks.ts';
import { readEnvelope, writeEnvelope } from './wire-gossip.ts';
import { readPullEntries, writeHeartbeatReply } from './wire-messages.ts';

/** Answers that may wait for a slow peer; what comes beyond is lost, and news soon enough. */
const backlogMaxMessages = 64;
/** Votes that wait for an answer, per candidate. */
const waitingVotesMax = 16;

/** Serves a snapshot to whom the gatekeeper has let in. */
export type ServeSnapshot = (
  call: Parameters<ServerToServerHandlers['FetchSnapshot']>[0],
  envelope: Envelope,
) => void;

type VoteCall = Parameters<ServerToServerHandlers['RequestVote']>[0];
type Kind = 'heartbeat' | 'pull' | 'update';
/** The half of a stream that takes our answers. */
type Answers = Pick<
  ServerDuplexStream<object, object>,
  'write' | 'end' | 'cancelled' | 'writableEnded' | 'writableLength'
>;
type Inbound = {
  readonly directoryId: DirectoryId;
  readonly streams: Map<Kind, Answers>;
  /** What goes out on the stream of the kind `pull`. */
  pullAnswers: PullAnswers | undefined;
  readonly votes: sendUnaryData<RequestVoteReply>[];
};

/** The streams that peers have opened to us: requests come in on them, answers go back. */
export class InboundStreams {
  readonly #gatekeeper: Gatekeeper;
  readonly #listener: TransportListener;
  readonly #fetchSnapshot: ServeSnapshot;
  readonly #peers = new Map<NodeId, Inbound>();

  constructor(gatekeeper: Gatekeeper, listener: TransportListener, fetchSnapshot: ServeSnapshot) {
    this.#gatekeeper = gatekeeper;
    this.#listener = listener;
    this.#fetchSnapshot = fetchSnapshot;
  }

  /** The implementation of the service. */
  handlers(): ServerToServerHandlers {
    return {
      Heartbeat: call =>
        this.#serve('heartbeat', call, ({ probeMs }) => ({
          type: 'heartbeat',
          probeMs: duration(probeMs, 'probeMs'),
        })),
      PullEntries: call => this.#serve('pull', call, readPullEntries),
      FetchSnapshot: call => this.#serveSnapshot(call),
      UpdatePosition: call => this.#serve('update', call, () => ({ type: 'updatePosition' })),
      RequestVote: (call, callback) => {
        const message = this.#admit(call.getPeer(), call.request.envelope, () => ({
          type: 'requestVote',
        }));
        if (typeof message === 'string') {
          callback(this.#denied(message));
          return;
        }
        // Who is no member gets no vote; nothing is kept for it to wait for.
        if (this.#isMember(message.envelope)) this.#queueVote(message.envelope, call, callback);
        else callback(this.#denied(`${message.envelope.from} is no member`));
        this.#listener.received(message);
      },
    };
  }

  /** Sends an answer on the stream of its request; without one it is lost. */
  reply({ envelope, body }: Message): void {
    const inbound = this.#peers.get(envelope.to);
    if (inbound === undefined) return;
    const wire = { envelope: writeEnvelope(envelope) };
    switch (body.type) {
      case 'heartbeatReply':
        write(inbound.streams.get('heartbeat'), { ...wire, ...writeHeartbeatReply(body) });
        break;
      case 'pullBatch':
      case 'pullRefused':
        inbound.pullAnswers?.send(envelope, body);
        break;
      case 'updatePositionReply':
        write(inbound.streams.get('update'), wire);
        break;
      case 'requestVoteReply':
        inbound.votes.shift()?.(null, wire);
        break;
      default:
        break;
    }
  }

  #serve<Request extends { envelope: WireEnvelope | null }>(
    kind: Kind,
    call: ServerDuplexStream<Request, object>,
    readBody: (request: Request) => Message['body'],
  ): void {
    call.sendMetadata(new Metadata());
    let from: NodeId | undefined;
    call.on('data', (request: Request) => {
      const message = this.#admit(call.getPeer(), request.envelope, () => readBody(request));
      if (typeof message === 'string') {
        call.emit('error', this.#denied(message));
        return;
      }
      from = message.envelope.from;
      const problem = this.#adopt(message.envelope, kind, call);
      if (problem !== undefined) {
        call.emit('error', this.#denied(problem));
        return;
      }
      this.#listener.received(message);
    });
    const forget = (): void => this.#forget(from, kind, call);
    call.on('end', () => {
      forget();
      call.end();
    });
    call.on('error', forget);
    call.on('cancelled', forget);
  }

  #admit(
    address: string,
    envelope: WireEnvelope | null,
    readBody: () => Message['body'],
  ): Message | string {
    return this.#unlessRefused(address, () => admit(this.#gatekeeper, envelope, readBody));
  }

  /** What the gatekeeper lets in; or why it does not, which is told. */
  #unlessRefused<T>(address: string, look: () => T): T | string {
    try {
      return look();
    } catch (error) {
      const reason = reasonOf(error);
      if (error instanceof ForeignMessage) {
        const { server, clusterId } = error;
        this.#listener.foreign({ server, clusterId, address, isAnswer: false });
      } else this.#listener.refused(address, reason);
      return reason;
    }
  }

  /** Says who refuses: the other one has looked for a server of its own here. */
  #denied(details: string): { code: status; details: string; metadata: Metadata } {
    const metadata = new Metadata();
    const { clusterId } = this.#gatekeeper.cluster();
    if (clusterId !== undefined) metadata.set(clusterIdKey, clusterId);
    return { code: status.PERMISSION_DENIED, details, metadata };
  }

  #serveSnapshot(call: Parameters<ServerToServerHandlers['FetchSnapshot']>[0]): void {
    const envelope = this.#unlessRefused(call.getPeer(), () =>
      readEnvelope(admitEnvelope(this.#gatekeeper, call.request.envelope)),
    );
    if (typeof envelope === 'string') call.emit('error', this.#denied(envelope));
    else this.#fetchSnapshot(call, envelope);
  }

  /** What there is of a peer; with another data directory it is another server, and begins anew. */
  #of({ from, fromDirectoryId: directoryId }: Envelope): Inbound {
    const known = this.#peers.get(from);
    if (known?.directoryId === directoryId) return known;
    for (const stream of known?.streams.values() ?? []) stream.end();
    const inbound = { directoryId, streams: new Map(), pullAnswers: undefined, votes: [] };
    this.#peers.set(from, inbound);
    return inbound;
  }

  /**
   * The newest stream of a peer is the one that lives; an older one may be half dead. But nobody
   * takes over the streams of a member who only has its name: the problem is returned.
   */
  #adopt(sender: Envelope, kind: Kind, call: Answers): string | undefined {
    if (this.#isMembersName(sender)) {
      return `${sender.from} is connected with another data directory, which is the member's`;
    }
    const inbound = this.#of(sender);
    const older = inbound.streams.get(kind);
    if (older === call) return undefined;
    inbound.streams.set(kind, call);
    if (kind === 'pull') inbound.pullAnswers = new PullAnswers(call);
    older?.end();
    return undefined;
  }

  /** Is a member of that name connected, and is this another server? */
  #isMembersName({ from, fromDirectoryId }: Envelope): boolean {
    const known = this.#peers.get(from);
    if (known === undefined || known.directoryId === fromDirectoryId) return false;
    const { isMember } = this.#gatekeeper;
    const isTaken = isMember({ id: from, directoryId: known.directoryId });
    return isTaken && !isMember({ id: from, directoryId: fromDirectoryId });
  }

  #forget(peer: NodeId | undefined, kind: Kind, call: Answers): void {
    if (peer === undefined) return;
    const inbound = this.#peers.get(peer);
    if (inbound === undefined) return;
    if (inbound.streams.get(kind) === call) {
      inbound.streams.delete(kind);
      if (kind === 'pull') inbound.pullAnswers = undefined;
    }
    this.#dropIfGone(peer, inbound);
  }

  /** Anybody may knock; nothing is kept of those who have gone. */
  #dropIfGone(peer: NodeId, inbound: Inbound): void {
    const isGone = inbound.streams.size === 0 && inbound.votes.length === 0;
    if (isGone && this.#peers.get(peer) === inbound) this.#peers.delete(peer);
  }

  #isMember({ from, fromDirectoryId }: Envelope): boolean {
    return this.#gatekeeper.isMember({ id: from, directoryId: fromDirectoryId });
  }

  #queueVote(candidate: Envelope, call: VoteCall, callback: sendUnaryData<RequestVoteReply>): void {
    const inbound = this.#of(candidate);
    const { votes } = inbound;
    votes.push(callback);
    // Who is fresh answers no candidate; its first answer must not go to one that has given up.
    call.on('cancelled', () => {
      const place = votes.indexOf(callback);
      if (place >= 0) votes.splice(place, 1);
      this.#dropIfGone(candidate.from, inbound);
    });
    if (votes.length > waitingVotesMax) {
      votes.shift()?.({ code: status.ABORTED, details: 'a newer request took its place' });
    }
  }
}

function write(stream: Answers | undefined, message: object): void {
  if (stream === undefined || stream.cancelled || stream.writableEnded) return;
  if (stream.writableLength < backlogMaxMessages) stream.write(message);
}
