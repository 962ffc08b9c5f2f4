import { append } from '../../src/consensus/appending.ts';
import type { Entry, Message, PullBatch } from '../../src/consensus/types.ts';
import { Random } from '../../src/simulation/random.ts';
import type { MessageStream } from '../../src/transport/counted-writer.ts';
import type { PullEntriesReply } from '../../src/transport/generated/gossipraft/PullEntriesReply.ts';
import { Assembly, pieceMaxBytes, wholeMaxBytes } from '../../src/transport/pieces.ts';
import { PullAnswers } from '../../src/transport/pull-answers.ts';
import { MalformedMessage } from '../../src/transport/wire-checks.ts';
import { readPullReply } from '../../src/transport/wire-messages.ts';
import { at, entriesOf, fact, messageTo0, moment, replica } from '../consensus/fixtures.ts';

/*
 * Goal: whatever a puller's transport hands to its core is an entry of the source, whole and in its
 * place; and what a server keeps in memory is not more than it counts.
 * Method: random streams of one source, in which messages get lost or come twice, and which begin
 * anew in the middle; and entries whose bytes lie in buffers of others.
 */

const entryCount = 6;
const batchesPerStream = 3;

/** Takes messages as slowly as it likes. */
class Wire implements MessageStream<PullEntriesReply> {
  readonly writableEnded = false;
  readonly #underWay: { readonly message: PullEntriesReply; readonly taken: () => void }[] = [];

  write(message: PullEntriesReply, taken: () => void): void {
    this.#underWay.push({ message, taken });
  }

  next(): PullEntriesReply | undefined {
    const first = this.#underWay.shift();
    first?.taken();
    return first?.message;
  }
}

const sizes = [0, 100, 20_000, pieceMaxBytes, pieceMaxBytes + 1, 700_000] as const;

function randomEntries(random: Random): Entry[] {
  return entriesOf(Array.from({ length: entryCount }, () => 1)).map((entry, place) => ({
    ...entry,
    payload: new Uint8Array(random.pick(sizes)).fill(16 * place + random.below(16)),
  }));
}

/** What is wrong with what pullers have got; undefined when all is well. */
export function checkPullStreams(runs: number): string | undefined {
  for (let run = 1; run <= runs; run += 1) {
    const problem = pullOnce(new Random(run));
    if (problem !== undefined) return `stream ${run}: ${problem}`;
  }
  return undefined;
}

const { envelope } = messageTo0({ type: 'updatePosition' }, [fact('n1')]);

function pullOnce(random: Random): string | undefined {
  const entries = randomEntries(random);
  const puller = new Puller(entries);
  const wire = new Wire();
  const answers = new PullAnswers(wire);
  const loss = random.pick([0, 0.1, 0.4] as const);
  /** 0 when a message is lost, 2 when it comes twice. */
  const copies = (): number => (random.chance(loss) ? 2 * random.below(2) : 1);
  sendAll(answers, 1, entries);
  for (const reply of taken(wire, random.below(4))) puller.hear(reply, copies());
  sendAll(answers, 2, entries);
  let staleBytes = 0;
  for (const reply of taken(wire, Number.POSITIVE_INFINITY)) {
    if (reply.batch?.pullId === 1) staleBytes += bytesOf(reply);
    puller.hear(reply, copies());
  }
  if (staleBytes > 3 * pieceMaxBytes) return `${staleBytes} bytes of a stream that is over came`;
  return puller.problem ?? (loss > 0 ? undefined : puller.missing());
}

function* taken(wire: Wire, count: number): Generator<PullEntriesReply> {
  for (let place = 0; place < count; place += 1) {
    const reply = wire.next();
    if (reply === undefined) return;
    yield reply;
  }
}

const bytesOf = ({ batch }: PullEntriesReply): number =>
  (batch?.entries ?? []).reduce((sum, { payload }) => sum + (payload?.length ?? 0), 0);

function sendAll(answers: PullAnswers, pullId: number, entries: readonly Entry[]): void {
  const step = Math.ceil(entries.length / batchesPerStream);
  for (let from = 0; from < entries.length; from += step) {
    const batch: PullBatch = {
      type: 'pullBatch',
      pullId,
      prev: at(from === 0 ? 0 : 1, from),
      entries: entries.slice(from, from + step),
      sourceLast: at(1, entries.length),
      path: [],
    };
    answers.send(envelope as Message['envelope'], batch);
  }
}

/** Reads as a server does, and compares with what the source has. */
class Puller {
  readonly #entries: readonly Entry[];
  readonly #got = new Set<number>();
  #assembly = newAssembly();
  problem: string | undefined;

  constructor(entries: readonly Entry[]) {
    this.#entries = entries;
  }

  hear({ batch }: PullEntriesReply, copies: number): void {
    for (let copy = 0; copy < copies; copy += 1) this.#hearOnce(batch);
  }

  #hearOnce(batch: PullEntriesReply['batch']): void {
    const wire = { reply: 'batch', batch: { ...batch, piece: batch?.piece ?? null } };
    try {
      const body = readPullReply(wire as never, this.#assembly);
      if (body.type === 'pullBatch') this.#take(body);
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      // The link is opened anew.
      this.#assembly = newAssembly();
    }
  }

  missing(): string | undefined {
    const [first] = this.#entries.filter(({ index }) => !this.#got.has(index));
    return first === undefined ? undefined : `entry ${first.index} did not come`;
  }

  #take({ prev, entries }: PullBatch): void {
    let { index } = prev;
    for (const entry of entries) {
      const own = this.#entries[entry.index - 1];
      const isNext = entry.index === index + 1;
      if (!isNext) this.problem ??= `entry ${entry.index} came after entry ${index}`;
      if (own === undefined || !Buffer.from(own.payload).equals(entry.payload)) {
        this.problem ??= `entry ${entry.index} is not the one that was sent`;
      }
      this.#got.add(entry.index);
      index = entry.index;
    }
  }
}

const newAssembly = (): Assembly => new Assembly({ usedBytes: 0, maxBytes: wholeMaxBytes });

/** Whether entries that lie in large buffers of others are kept without these. */
export function checkTailBytes(): string | undefined {
  const server = replica({ term: 1 });
  for (let index = 1; index <= 200; index += 1) {
    const payload = new Uint8Array(8192).subarray(index, index + 300);
    const entries = entriesOf([1], index).map(entry => ({ ...entry, payload }));
    append(server, { now: moment(0), effects: [], outbox: [] }, entries);
  }
  const { tail, tailBytes } = server.log;
  const buffers = new Set(tail.map(({ payload }) => payload.buffer));
  const heldBytes = [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (heldBytes <= 1.25 * tailBytes) return undefined;
  return `the newest entries hold ${heldBytes} bytes, and are counted as ${tailBytes}`;
}
