import {
  type ClientDuplexStream,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import type { PeerAddress } from '../addresses.ts';
import type { Message } from '../consensus/types.ts';
import type { ClusterId, NodeId } from '../words.ts';
import { addressOf, channelOptions } from './channel-options.ts';
import { admit, clusterIdKey, ForeignMessage, type Gatekeeper } from './gatekeeper.ts';
import type { Envelope__Output as WireEnvelope } from './generated/gossipraft/Envelope.ts';
import type { ServerToServerClient } from './generated/gossipraft/ServerToServer.ts';
import { Assembly, wholeMaxBytes } from './pieces.ts';
import { ServerToServer } from './proto-definitions.ts';
import type { TransportListener } from './transport.ts';
import { reasonOf } from './wire-checks.ts';
import { writeEnvelope } from './wire-gossip.ts';
import { readHeartbeatReply, readPullReply } from './wire-messages.ts';

/** Messages that may wait for a slow peer, of one kind; what comes beyond is dropped. */
const backlogMaxMessages = 64;
const retryDelayMs = 100;
/** A peer that refuses us will not change its mind at once. */
const refusedDelayMs = 5000;
const voteDeadlineMs = 2000;

type Stream = Pick<ClientDuplexStream<object, object>, 'write' | 'writableLength' | 'cancel'>;
type Streams = { heartbeat: Stream; pull: Stream; update: Stream };

/** Requests that have no answer are lost; an answer travels on the stream of its request. */
type Outgoing = Extract<
  Message['body'],
  { type: 'heartbeat' | 'requestVote' | 'pullEntries' | 'updatePosition' }
>;

export const isRequest = (body: Message['body']): body is Outgoing =>
  body.type === 'heartbeat' ||
  body.type === 'requestVote' ||
  body.type === 'pullEntries' ||
  body.type === 'updatePosition';

/**
 * The way to one peer: a long-lived stream for each kind of request, opened again whenever they
 * break. Entries come on a connection of their own, so that heartbeats never wait behind them. A
 * link that stays silent although we speak is torn down: after a cut, TCP alone would try again
 * only minutes later.
 */
export class PeerLink {
  /** Where it is to be found, and where it was before: it may not have moved yet. */
  #places: readonly PeerAddress[];
  #attempts = 0;
  readonly #gatekeeper: Gatekeeper;
  readonly #listener: TransportListener;
  readonly #silenceMs: number;
  #client: ServerToServerClient | undefined;
  #pullClient: ServerToServerClient | undefined;
  #streams: Streams | undefined;
  #isConnected = false;
  #timer: NodeJS.Timeout | undefined;
  #watchdog: NodeJS.Timeout | undefined;

  constructor(
    peer: PeerAddress,
    gatekeeper: Gatekeeper,
    listener: TransportListener,
    silenceMs: number,
  ) {
    this.#places = [peer];
    this.#gatekeeper = gatekeeper;
    this.#listener = listener;
    this.#silenceMs = silenceMs;
    this.#open();
  }

  get peer(): NodeId {
    return this.#place.id;
  }

  /** A connection that lives goes on; the next one tries the new address, then the one before. */
  moveTo(peer: PeerAddress): void {
    const [current] = this.#places;
    if (current === undefined || addressOf(current) === addressOf(peer)) return;
    this.#places = [peer, current];
    this.#attempts = 0;
  }

  get #place(): PeerAddress {
    return this.#places[this.#attempts % this.#places.length] as PeerAddress;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  send(envelope: Message['envelope'], body: Outgoing): void {
    const streams = this.#streams;
    if (streams === undefined || !this.#isConnected) return;
    const wire = { envelope: writeEnvelope(envelope) };
    if (body.type === 'requestVote') this.#requestVote(wire);
    else if (body.type === 'heartbeat') {
      write(streams.heartbeat, { ...wire, probeMs: body.probeMs });
    } else if (body.type === 'pullEntries') {
      const { type: _, ...fields } = body;
      write(streams.pull, { ...wire, ...fields });
    } else write(streams.update, wire);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#tearDown();
  }

  #open(): void {
    const client = this.#connect();
    this.#client = client;
    const waiting = new Metadata({ waitForReady: true });
    const heartbeat = client.heartbeat(waiting);
    this.#watch(heartbeat, client);
    heartbeat.on('data', reply => this.#receive(reply.envelope, () => readHeartbeatReply(reply)));
    // The peer sends its headers at once, so that an idle stream is known to be open.
    heartbeat.once('metadata', () => {
      if (this.#client === client) this.#connected(client, heartbeat);
    });
    this.#guard();
  }

  #connect(): ServerToServerClient {
    return new ServerToServer(addressOf(this.#place), credentials.createInsecure(), channelOptions);
  }

  #connected(client: ServerToServerClient, heartbeat: Stream): void {
    this.#pullClient = this.#connect();
    const pull = this.#pullClient.pullEntries(new Metadata({ waitForReady: true }));
    this.#watch(pull, client);
    const assembly = new Assembly({ usedBytes: 0, maxBytes: wholeMaxBytes });
    pull.on('data', reply => this.#receive(reply.envelope, () => readPullReply(reply, assembly)));
    const update = client.updatePosition();
    this.#watch(update, client);
    update.on('data', reply =>
      this.#receive(reply.envelope, () => ({ type: 'updatePositionReply' })),
    );
    this.#streams = { heartbeat, pull, update };
    this.#isConnected = true;
    this.#guard();
    this.#listener.connected(this.peer);
  }

  /** Any broken stream ends the whole connection: half a link would confuse both sides. */
  #watch(stream: ClientDuplexStream<object, object>, client: ServerToServerClient): void {
    stream.on('error', (error: ServiceError) => {
      if (this.#client === client) this.#broken(error);
    });
    stream.on('end', () => {
      if (this.#client === client) this.#broken(undefined);
    });
  }

  #broken(error: ServiceError | undefined): void {
    const isRefusal =
      error?.code === status.PERMISSION_DENIED || error?.code === status.INVALID_ARGUMENT;
    if (isRefusal) this.#refused(error);
    this.#tearDown();
    this.#attempts += 1;
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        this.#open();
      },
      isRefusal ? refusedDelayMs : retryDelayMs,
    );
  }

  /** One of ours that does not know us any more, or a server of another cluster. */
  #refused({ details, metadata }: ServiceError): void {
    const [clusterId] = metadata.get(clusterIdKey);
    const own = this.#gatekeeper.cluster().clusterId;
    if (typeof clusterId !== 'string' || own === undefined || clusterId === own) {
      this.#listener.refused(`${this.peer} refuses us`, details);
    } else this.#foreign(clusterId as ClusterId);
  }

  #foreign(clusterId: ClusterId): void {
    const address = addressOf(this.#place);
    this.#listener.foreign({ server: this.peer, clusterId, address, isAnswer: true });
  }

  #tearDown(): void {
    clearTimeout(this.#watchdog);
    const wasConnected = this.#isConnected;
    const client = this.#client;
    this.#isConnected = false;
    this.#streams = undefined;
    this.#client = undefined;
    client?.close();
    this.#pullClient?.close();
    if (wasConnected) this.#listener.disconnected(this.peer);
  }

  /** Starts the time anew after which a silent link is given up. */
  #guard(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#broken(undefined), this.#silenceMs);
  }

  #receive(envelope: WireEnvelope | null, readBody: () => Message['body']): void {
    this.#watchdog?.refresh();
    try {
      this.#listener.received(admit(this.#gatekeeper, envelope, readBody));
    } catch (error) {
      const reason = reasonOf(error);
      if (error instanceof ForeignMessage) this.#foreign(error.clusterId);
      else this.#listener.refused(addressOf(this.#place), reason);
      this.#broken(undefined);
    }
  }

  #requestVote(wire: object): void {
    const deadline = Date.now() + voteDeadlineMs;
    this.#client?.requestVote(wire, { deadline }, (error, reply) => {
      if (error !== null || reply === undefined) return;
      this.#receive(reply.envelope, () => ({ type: 'requestVoteReply' }));
    });
  }
}

function write(stream: Stream, message: object): void {
  if (stream.writableLength < backlogMaxMessages) stream.write(message);
}
