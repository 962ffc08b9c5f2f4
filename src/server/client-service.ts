import { Metadata, type ServerDuplexStream, type ServerWritableStream } from '@grpc/grpc-js';
import type { NodeId } from '../consensus/types.ts';
import { decodeCommand, encodeCommand } from '../state-machines/command.ts';
import { encodeResult } from '../state-machines/result.ts';
import { splitJsonArray } from '../state-machines/split-json-array.ts';
import type { AckEntriesReply } from '../transport/generated/gossipraft/AckEntriesReply.ts';
import type { AckEntriesRequest__Output as AckRequest } from '../transport/generated/gossipraft/AckEntriesRequest.ts';
import type { ClientToServerHandlers } from '../transport/generated/gossipraft/ClientToServer.ts';
import type { OpenSessionReply } from '../transport/generated/gossipraft/OpenSessionReply.ts';
import type { PutEntriesReply } from '../transport/generated/gossipraft/PutEntriesReply.ts';
import type { PutEntriesRequest__Output as PutRequest } from '../transport/generated/gossipraft/PutEntriesRequest.ts';
import type { Refusal } from '../transport/generated/gossipraft/Refusal.ts';
import type { Refused } from '../transport/generated/gossipraft/Refused.ts';
import { writeConfig, writeGossipEntry } from '../transport/wire-gossip.ts';
import { readJournal } from './journal-reader.ts';
import type { ProposalAnswer } from './requests.ts';
import type { ServerContext } from './server-context.ts';

/** Entries in one answer, however many are asked for. */
const pageMaxEntries = 10_000;
/** Answers that may wait for a client that does not read. */
const replyBacklogMaxBytes = 16 * 1024 * 1024;
const commandsPerRequestMax = 10_000;

const refused = (reason: Refusal, leader: NodeId | undefined, detail: string): Refused => ({
  reason,
  detail,
  retryAfterMs: 100,
  ...(leader === undefined ? {} : { leader }),
});

/** What client servers ask of a server: the only way in for data. */
export class ClientService {
  readonly #context: ServerContext;

  constructor(context: ServerContext) {
    this.#context = context;
  }

  handlers(): ClientToServerHandlers {
    return {
      OpenSession: ({ request }, callback) =>
        this.#openSession(request, reply => callback(null, reply)),
      PutEntries: call => this.#putEntries(call),
      AckEntries: call => this.#ackEntries(call),
      ReadEntries: ({ request }, callback) => {
        const { clusterId, isLinearizable } = request;
        this.#whenReadable(clusterId, isLinearizable, refusal => {
          if (refusal !== undefined) callback(null, { refused: refusal });
          else this.#page(request).then(page => callback(null, { page }), callback);
        });
      },
      ReadBatch: ({ request }, callback) =>
        this.#whenReadable(request.clusterId, true, refusal => {
          if (refusal !== undefined) callback(null, { refused: refusal });
          else callback(null, this.#batch(request.batchId));
        }),
      DescribeServer: ({ request }, callback) => {
        const refusal = this.#wrongCluster(request.clusterId);
        if (refusal !== undefined) callback(null, { refused: refusal });
        else callback(null, { description: this.#describe() });
      },
    };
  }

  #wrongCluster(clusterId: string): Refused | undefined {
    const own = this.#context.clusterId;
    if (clusterId === own) return undefined;
    const other = JSON.stringify(clusterId.slice(0, 64));
    return refused('REFUSAL_WRONG_CLUSTER', undefined, `this is cluster "${own}", not ${other}`);
  }

  #notLeader(leader = this.#context.host.replica.leader): Refused {
    const detail = leader === undefined ? 'there is no leader' : `${leader} leads`;
    return refused('REFUSAL_NOT_LEADER', leader, detail);
  }

  #refusalOf(answer: Extract<ProposalAnswer, { type: 'refused' }>): Refused {
    switch (answer.reason) {
      case 'notLeader':
        return this.#notLeader(answer.leader);
      case 'handingOver':
        return refused('REFUSAL_HANDING_OVER', undefined, 'the leadership is being handed over');
      default:
        return refused('REFUSAL_OVERLOADED', undefined, 'too much waits for its commit');
    }
  }

  #openSession(
    { clusterId, nonce }: { clusterId: string; nonce: string },
    reply: (reply: OpenSessionReply) => void,
  ): void {
    const wrong = this.#wrongCluster(clusterId);
    if (wrong !== undefined || nonce.length > 64) {
      reply({ refused: wrong ?? refused('REFUSAL_INVALID', undefined, 'the nonce is too long') });
      return;
    }
    const { requests } = this.#context;
    requests.propose([encodeCommand({ kind: 'openSession', nonce })], answer => {
      if (answer.type === 'refused') {
        reply({ refused: this.#refusalOf(answer) });
        return;
      }
      requests.resultAt(answer.position, result => {
        if (result?.kind === 'sessionOpened') reply({ sessionId: result.session });
        else reply({ refused: this.#notLeader() });
      });
    });
  }

  #putEntries(call: ServerDuplexStream<PutRequest, PutEntriesReply>): void {
    call.sendMetadata(new Metadata());
    call.on('data', (request: PutRequest) => {
      this.#put(request, reply => {
        if (call.writableLength > replyBacklogMaxBytes) call.end();
        else call.write(reply);
      });
    });
    call.on('end', () => call.end());
    call.on('error', () => undefined);
  }

  #put(request: PutRequest, write: (reply: PutEntriesReply) => void): void {
    const { requestId, commands } = request;
    const refusal = this.#wrongCluster(request.clusterId) ?? refusalOfCommands(commands);
    if (refusal !== undefined) {
      write({ requestId, refused: refusal });
      return;
    }
    // They are taken or refused together: the first answer speaks for all of them.
    let isAnswered = false;
    this.#context.requests.propose(commands, answer => {
      if (isAnswered) return;
      isAnswered = true;
      if (answer.type === 'accepted') write({ requestId, accepted: answer.position });
      else write({ requestId, refused: this.#refusalOf(answer) });
    });
  }

  #ackEntries(call: ServerWritableStream<AckRequest, AckEntriesReply>): void {
    const { clusterId, sessionId } = call.request;
    const end = (reason: Refused): void => {
      call.write({ ended: reason });
      call.end();
    };
    const refusal = this.#wrongCluster(clusterId) ?? this.#refusalOfSession(sessionId);
    if (refusal !== undefined) {
      end(refusal);
      return;
    }
    const acks = new AckBuffer(call);
    const unsubscribe = this.#context.requests.subscribe(sessionId, {
      acknowledged: ({ sequence, position, result }) =>
        acks.push({ sequence, position, result: Buffer.from(encodeResult(result)) }),
      ended: leader => end(this.#notLeader(leader)),
    });
    call.on('cancelled', unsubscribe);
    call.on('error', unsubscribe);
    call.on('close', unsubscribe);
    // Empty, and at once: whoever waits for it knows that nothing will be missed.
    call.write({ acks: [] });
  }

  #refusalOfSession(sessionId: number): Refused | undefined {
    if (!Number.isSafeInteger(sessionId)) {
      return refused('REFUSAL_INVALID', undefined, 'there is no such session');
    }
    return this.#context.host.replica.role === 'leader' ? undefined : this.#notLeader();
  }

  /** Calls back at once, or when this server has shown that it leads and has applied enough. */
  #whenReadable(
    clusterId: string,
    isLinearizable: boolean,
    run: (refusal: Refused | undefined) => void,
  ): void {
    const wrong = this.#wrongCluster(clusterId);
    if (wrong !== undefined || !isLinearizable) {
      run(wrong);
      return;
    }
    const { requests, applyLoop } = this.#context;
    requests.confirmLeadership(answer => {
      if (answer === undefined) run(this.#notLeader());
      else {
        requests.whenApplied(answer.index, applyLoop.state.appliedIndex, () => run(undefined));
      }
    });
  }

  async #page({ from, limit }: { from: number; limit: number }) {
    const { applyLoop, log, host, nodeId } = this.#context;
    const { state } = applyLoop;
    const entries = await readJournal(state, log, {
      from: Math.max(1, from),
      limit: Math.min(limit, pageMaxEntries),
    });
    const { term, leader, commit, pendingCommit } = host.replica;
    return {
      entries: entries.map(entry => ({ ...entry, data: Buffer.from(entry.data) })),
      lastSeq: state.journal.lastSeq,
      view: {
        server: nodeId,
        term,
        appliedIndex: state.appliedIndex,
        knownCommitIndex: Math.max(commit.index, pendingCommit.index),
        ...(leader === undefined ? {} : { leader }),
      },
    };
  }

  #batch(batchId: string) {
    const { appliedIndex, journal } = this.#context.applyLoop.state;
    const placement = journal.byBatchId.get(batchId);
    if (placement === undefined) {
      return { notFound: { appliedIndex, rememberedCount: journal.rememberedMax } };
    }
    const { first, last, term, index } = placement;
    return { found: { firstSeq: first, count: last - first + 1, position: { term, index } } };
  }

  #describe() {
    const { host, nodeId, transport, startedAtWallMs } = this.#context;
    const { leader, config, facts } = host.describe();
    return {
      server: nodeId,
      ...(leader === undefined ? {} : { leader }),
      ...(config === undefined ? {} : { config: writeConfig(config) }),
      facts: facts.map(writeGossipEntry),
      connectedPeers: [...transport.connectedPeers()],
      startedAtWallMs,
    };
  }
}

/** An entry stays in the log for ever: what no machine would understand is refused at the door. */
function refusalOfCommands(commands: readonly Uint8Array[]): Refused | undefined {
  const invalid = (detail: string): Refused => refused('REFUSAL_INVALID', undefined, detail);
  if (commands.length === 0 || commands.length > commandsPerRequestMax) {
    return invalid(`expected 1 to ${commandsPerRequestMax} commands, got ${commands.length}`);
  }
  for (const [place, bytes] of commands.entries()) {
    const command = decodeCommand(bytes);
    if (command?.kind !== 'put') return invalid(`command ${place} is no put`);
    const found = splitJsonArray(command.data).length;
    if (found !== command.count) {
      return invalid(`command ${place} says ${command.count} objects and holds ${found}`);
    }
  }
  return undefined;
}

type AckMessage = NonNullable<AckEntriesReply['acks']>[number];

/** Joins the acknowledgements of one turn into one message. */
class AckBuffer {
  readonly #call: ServerWritableStream<AckRequest, AckEntriesReply>;
  #acks: AckMessage[] = [];

  constructor(call: ServerWritableStream<AckRequest, AckEntriesReply>) {
    this.#call = call;
  }

  push(ack: AckMessage): void {
    this.#acks.push(ack);
    if (this.#acks.length === 1) queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    const acks = this.#acks;
    this.#acks = [];
    if (this.#call.writableEnded || this.#call.cancelled) return;
    // A client that does not read finds out by trying again; its memory is not ours to lend.
    if (this.#call.writableLength > replyBacklogMaxBytes) this.#call.end();
    else this.#call.write({ acks });
  }
}
