import { utf8BytesOf } from '../../src/codec/byte-string.ts';
import type { Entry, LogIndex, MonotonicMs, Term, WallMs } from '../../src/consensus/types.ts';
import { Compactor } from '../../src/host/compactor.ts';
import {
  archivable,
  batchesFrom,
  gapBeforeLog,
  type JournalEntry,
  type JournalSources,
  journalOf,
  readJournal,
  UnreadableObjects,
} from '../../src/host/journal-reader.ts';
import { type Command, encodeCommand } from '../../src/machines/frame/command.ts';
import { applyEntry, createReplicatedState } from '../../src/machines/frame/replicated-state.ts';
import { captureState, StateBuilder } from '../../src/machines/frame/state-records.ts';
import type { Operation } from '../../src/machines/machines.ts';
import { Random } from '../../src/simulation/random.ts';
import type { ArchivedBatch } from '../../src/storage/archive-file.ts';
import type { Range } from '../../src/storage/archive-floor.ts';
import { JournalArchive } from '../../src/storage/journal-archive.ts';
import { MemoryStore } from '../../src/storage/memory-store.ts';
import { inOrder, openArchive } from '../storage/archive-damage.ts';
import { SimulatedDisk } from '../storage/simulated-disk.ts';

/*
 * Goal: whatever is posted, cut, archived, restarted and damaged, a reader is given every object
 * with its own number, or is told that it cannot be.
 * Method: random lives of one server's log, state and archive, beside a list of what was posted.
 */

const timers = {
  after: () => () => undefined,
  turnOfTheOthers: () => Promise.resolve(),
  slice: () => () => true,
};

/** One server, as far as posted objects go. */
export class PostedObjects {
  readonly disk = new SimulatedDisk();
  readonly log = new MemoryStore({ persisted: () => undefined, failed: () => undefined });
  state = createReplicatedState();
  archive: JournalArchive;
  /** What was posted: object number n stands at place n - 1. */
  readonly posted: string[] = [];
  readonly #snapshots: { readonly records: readonly Uint8Array[]; readonly index: number }[] = [];
  #sequence = 0;

  private constructor(archive: JournalArchive, disk: SimulatedDisk) {
    this.archive = archive;
    this.disk = disk;
    this.#append({ type: 'openSession', nonce: 'n' });
  }

  static async create(): Promise<PostedObjects> {
    const disk = new SimulatedDisk();
    return new PostedObjects(await openArchive(disk), disk);
  }

  get sources(): JournalSources {
    const { state, log, archive } = this;
    return { state, log, archive, timers };
  }

  get archiveFiles(): readonly string[] {
    return this.disk.paths().filter(path => path.endsWith('.jrn'));
  }

  post(count: number): void {
    this.#sequence += 1;
    this.#append(this.#transact(this.#posting(count)));
  }

  /** Several callers share an entry; each may post several times, and one of them nothing. */
  postTogether(counts: readonly (readonly number[])[]): void {
    const items = counts.map(batches => {
      this.#sequence += 1;
      const success = batches.flatMap(count => this.#posting(count));
      return this.#item(success);
    });
    this.#append({ type: 'transact', session: 1, ackedBelow: this.#sequence, items });
  }

  #posting(count: number): Operation[] {
    const objects = Array.from({ length: count }, (_, place) => `{"a":${this.#next + place}}`);
    const first = this.#next;
    this.posted.push(...objects);
    return [appendOf(objects, `batch ${first}`)];
  }

  /** A batch that the log holds twice, and that counts once. */
  repeat(): void {
    if (this.#sequence > 0) {
      this.#append(this.#transact([appendOf(['{"repeated":true}'], 'repeated')]));
    }
  }

  setKey(): void {
    this.#sequence += 1;
    const range = { start: utf8BytesOf('k'), end: utf8BytesOf('l') };
    this.#append(this.#transact([{ op: 'keys.delete', ...range, wantsPrevious: false }]));
  }

  /** A snapshot, and what follows it: as the compactor does it. */
  async save(): Promise<void> {
    const index = this.state.appliedIndex;
    this.#snapshots.push({ records: [...captureState(this.state)], index });
    await this.archive.add(archivable(this.sources, index), index);
    journalOf(this.state).places.dropThrough(this.archive.throughIndex);
    const older = this.#snapshots.at(-2)?.index ?? 0;
    if (older >= this.log.firstIndex) this.log.compact(older);
  }

  /** A snapshot, then a crash before anything goes to the archive; and the log before it is lost. */
  async loseUnarchived(): Promise<void> {
    const index = this.state.appliedIndex;
    this.#snapshots.push({ records: [...captureState(this.state)], index });
    const lostThrough = index - (this.#sequence % 3);
    if (lostThrough >= this.log.firstIndex) this.log.compact(lostThrough);
    await this.restart();
  }

  /** A part of the log is damaged: it goes, if snapshot and archive hold it. */
  async dropLogBefore(index: number): Promise<boolean> {
    const { log } = this;
    const compact = (first: LogIndex): Promise<LogIndex> => {
      if (first > log.firstIndex) log.compact(first - 1);
      return Promise.resolve(first);
    };
    const { firstIndex } = log;
    const compactor = new Compactor({
      sources: { ...this.sources, log: { firstIndex, read: range => log.read(range), compact } },
      clock: { monotonicNow: () => 0 as MonotonicMs, wallNow: () => 0 as WallMs },
      retention: { maxBytes: undefined, maxAgeMs: undefined },
      snapshotIndex: this.#snapshots.at(-1)?.index ?? 0,
      compacted: () => undefined,
    });
    return compactor.dropBefore(index as LogIndex);
  }

  /** What others have of it, as one batch. */
  batchOf({ firstSeq, lastSeq }: Range, index: number): ArchivedBatch {
    const data = Buffer.from(`[${this.posted.slice(firstSeq - 1, lastSeq).join()}]`);
    return { index, term: 1, wallMs: 1, firstSeq, count: lastSeq - firstSeq + 1, data };
  }

  /**
   * Begins with the newest snapshot and applies the log behind it. Directories of before version
   * 0.2 do not know what their archive held.
   */
  async restart(knowsArchive = true): Promise<void> {
    this.archive = await (knowsArchive
      ? openArchive(this.disk)
      : JournalArchive.open(this.disk, '/data'));
    const saved = this.#snapshots.at(-1);
    const builder = new StateBuilder();
    for (const record of saved?.records ?? []) builder.add(record);
    if (saved !== undefined) this.state = builder.finish();
    else this.state = createReplicatedState();
    for (let index = (saved?.index ?? 0) + 1; index <= this.log.lastIndex; index += 1) {
      const entry = this.log.entryAt(index);
      if (entry !== undefined) applyEntry(this.state, entry);
    }
  }

  /** What is wrong with a page, if anything is; refused is not wrong when something was damaged. */
  async judgePage(from: number, limit: number, isDamaged: boolean): Promise<string | undefined> {
    const what = `page of ${limit} from ${from}`;
    try {
      const entries = await this.page(from, limit);
      // No rule drops anything here.
      const place = from - 1;
      const expected = this.posted.slice(place, place + limit);
      const found = entries.map(({ data }) => Buffer.from(data).toString());
      const isRight =
        JSON.stringify(found) === JSON.stringify(expected) &&
        entries.every(({ seq }, offset) => seq === place + 1 + offset);
      return isRight ? undefined : `${what}: ${found.slice(0, 3).join()}, not ${expected[0]}`;
    } catch (error) {
      if (!(error instanceof UnreadableObjects)) throw error;
      return isDamaged
        ? undefined
        : `${what}: refused, although nothing is damaged: ${error.message}`;
    }
  }

  page(from: number, limit: number): Promise<readonly JournalEntry[]> {
    const { lastSeq: throughSeq } = journalOf(this.state);
    return readJournal(this.sources, { from, limit, throughSeq });
  }

  get #next(): number {
    return this.posted.length + 1;
  }

  #item(success: readonly Operation[]) {
    const transaction = { compare: [], success, failure: [] };
    return { sequence: this.#sequence, idempotency: undefined, transaction };
  }

  #transact(success: readonly Operation[]): Command {
    const items = [this.#item(success)];
    return { type: 'transact', session: 1, ackedBelow: this.#sequence, items };
  }

  #append(command: Command): void {
    const entry: Entry = {
      index: (this.log.lastIndex + 1) as LogIndex,
      term: 1 as Term,
      wallMs: 1 as WallMs,
      kind: 'command',
      payload: encodeCommand(command),
    };
    this.log.append([entry], 0);
    this.log.completeWrites();
    applyEntry(this.state, entry);
  }
}

const appendOf = (objects: readonly string[], batchId: string): Operation => {
  const data = Buffer.from(`[${objects.join()}]`);
  return { op: 'journal.append', batchId, count: objects.length, data };
};

/** Reads everything while somebody else goes on; what was there at its beginning must come. */
export async function readDuring(
  server: PostedObjects,
  from: number,
  meanwhile: () => Promise<void>,
): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { data } of batchesFrom(server.sources, from)) {
    found.push(...Buffer.from(data).toString().slice(1, -1).split(','));
    await meanwhile();
  }
  return found;
}

/** The first thing that is wrong in so many random lives. */
export async function checkJournalReading(lives: number): Promise<string | undefined> {
  for (let life = 1; life <= lives; life += 1) {
    const wrong = await live(new Random(life)).catch((error: Error) => error.message);
    if (wrong !== undefined) return `life ${life}: ${wrong}`;
  }
  return undefined;
}

async function live(random: Random): Promise<string | undefined> {
  const server = await PostedObjects.create();
  // Some post seldom: then the archive ends far before the log begins.
  const postRate = random.pick([0.1, 0.5, 0.9]);
  const step = async (): Promise<void> => {
    if (random.chance(0.05)) await server.save();
    else if (random.chance(0.02)) await server.restart();
    else if (random.chance(0.3 * postRate)) server.postTogether(sharesOf(random));
    else if (random.chance(postRate)) server.post(1 + random.below(4));
    else if (random.chance(0.5)) server.setKey();
    else server.repeat();
  };
  for (let count = 0; count < 150; count += 1) {
    await step();
    if (!random.chance(0.1)) continue;
    const wrong = await server.judgePage(...pageOf(random, server), false);
    if (wrong !== undefined) return wrong;
  }
  return (
    (await readWhileCut(random, server)) ??
    (await dropDamaged(random, server)) ??
    (await fillHole(random, server)) ??
    damage(random, server)
  );
}

/** The newest objects are read from the log while it goes to the archive. */
async function readWhileCut(random: Random, server: PostedObjects): Promise<string | undefined> {
  const from = server.posted.length + 1;
  for (let count = 0; count < 30; count += 1) {
    if (random.chance(0.5)) server.post(1 + random.below(3));
    else server.repeat();
  }
  const expected = server.posted.slice(from - 1).join();
  const meanwhile = async (): Promise<void> => {
    if (random.chance(0.1)) await server.save();
    else server.post(2);
  };
  const found = (await readDuring(server, from, meanwhile)).join();
  return found === expected ? undefined : `read ${found} while the log was cut, not ${expected}`;
}

/** A damaged part of the log goes only if nothing goes with it. */
async function dropDamaged(random: Random, server: PostedObjects): Promise<string | undefined> {
  const { length } = server.posted;
  if (random.chance(0.5)) await server.save();
  server.post(1);
  const { firstIndex, lastIndex } = server.log;
  await server.dropLogBefore(firstIndex + 1 + random.below(lastIndex - firstIndex));
  return server.judgePage(1, length + 1, false);
}

/** What the log lost before it was archived is known, refused meanwhile, and comes from others. */
async function fillHole(random: Random, server: PostedObjects): Promise<string | undefined> {
  await server.loseUnarchived();
  for (let count = 0; count < 5; count += 1) {
    const wrong = await server.judgePage(...pageOf(random, server), true);
    if (wrong !== undefined) return wrong;
  }
  const gap = gapBeforeLog(server.sources);
  if (gap !== undefined) {
    const batch = server.batchOf(gap, gap.throughIndex);
    await server.archive.extend(gap, inOrder([batch]));
  }
  if (gapBeforeLog(server.sources) !== undefined) return 'a hole is there that was filled';
  server.post(2);
  await server.save();
  const { length } = server.posted;
  return server.judgePage(1, length, false);
}

async function damage(random: Random, server: PostedObjects): Promise<string | undefined> {
  const files = server.archiveFiles;
  if (files.length < 2) return undefined;
  const [path = ''] = files.slice(random.below(files.length));
  let knowsArchive = true;
  if (random.chance(0.3)) {
    for (const one of files) server.disk.remove(one);
    knowsArchive = random.chance(0.5);
  } else if (random.chance(0.5)) server.disk.remove(path);
  else {
    const content = server.disk.content(path);
    const place = random.below(content.length);
    content[place] = (content[place] ?? 0) ^ (1 << random.below(8));
    server.disk.overwrite(path, content);
  }
  if (!knowsArchive || random.chance(0.5)) await server.restart(knowsArchive);
  for (let count = 0; count < 10; count += 1) {
    const wrong = await server.judgePage(...pageOf(random, server), true);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

const sharesOf = (random: Random): number[][] =>
  Array.from({ length: 1 + random.below(3) }, () =>
    Array.from({ length: random.below(3) }, () => 1 + random.below(3)),
  );

const pageOf = (random: Random, { posted }: PostedObjects): [from: number, limit: number] => [
  1 + random.below(posted.length + 3),
  1 + random.below(20),
];
