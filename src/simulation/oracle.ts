import { assert } from '../assert.ts';
import {
  holds,
  type Landmarks,
  landmarksOf,
  regressionsBetween,
  termAt,
  violationsOf,
} from '../consensus/invariants.ts';
import { compareConfigIds, comparePositions, noPosition } from '../consensus/position.ts';
import { isMember, quorumSize, votersOf } from '../consensus/quorum.ts';
import type { Replica } from '../consensus/replica.ts';
import type {
  Config,
  ConfigId,
  DirectoryId,
  Entry,
  Fact,
  Member,
  NodeId,
  Position,
} from '../consensus/types.ts';
import type { Outcome } from '../machines/frame/replicated-state.ts';
import { Chronicle } from './chronicle.ts';
import { type DurableState, demandDurable } from './durable-fact.ts';
import { demand } from './failure.ts';
import { KeyHistory } from './key-history.ts';
import { outcomesText } from './models/model-log.ts';

/** What the oracle may look at: more than any server can see. */
export type Witness = DurableState & {
  readonly id: NodeId;
  /** Undefined while the server is down. */
  readonly replica: Replica | undefined;
  readonly life: number;
  readonly directoryId: DirectoryId;
  readonly isRecovering: boolean;
  entryAt(index: number): Entry | undefined;
};

/** Where a client was told that its batch stands. */
export type Placement = {
  readonly batchId: string;
  readonly first: number;
  readonly last: number;
  readonly term: number;
  readonly index: number;
};

type Place = { readonly term: number; readonly index: number };

type Origin = { readonly entry: Entry; readonly previousTerm: number; readonly atMs: number };

/**
 * Knows everything that has happened, and demands that it fits together: the invariants of
 * protocol.md.
 */
export class Oracle {
  readonly #leaders = new Map<number, NodeId>();
  readonly #votes = new Map<string, NodeId>();
  readonly #origins = new Map<string, Origin>();
  /** The entry that is committed at each index, for ever. */
  readonly #committed: Entry[] = [];
  #lastCommitted: Position = noPosition;
  readonly #landmarks = new Map<NodeId, { life: number; landmarks: Landmarks }>();
  readonly #checkedCommit = new Map<NodeId, { life: number; index: number }>();
  /** Whose votes counted when the entry at each index was committed. */
  readonly #votersOf: (readonly Member[])[] = [];
  readonly #configs = new Map<string, string>();
  readonly #seenConfigs = new WeakSet<Config>();
  /** Directories that nobody may count on, with the configuration that did without them. */
  readonly #departed = new Map<DirectoryId, ConfigId>();
  #lastAckedSeq = 0;
  #witnesses: readonly Witness[] = [];
  readonly acked = new Map<string, Placement>();
  readonly keys = new KeyHistory();
  readonly chronicle: Chronicle;
  readonly #now: () => number;

  constructor(now: () => number, clockDrift: number) {
    this.#now = now;
    this.chronicle = new Chronicle(clockDrift);
  }

  get committedCount(): number {
    return this.#committed.length;
  }

  get lastAckedSeq(): number {
    return this.#lastAckedSeq;
  }

  /** All servers, for what must be true of a majority of disks. */
  watch(witnesses: readonly Witness[]): void {
    this.#witnesses = witnesses;
  }

  /** After every step of a server. */
  stepped(witness: Witness): void {
    const { replica, id, life } = witness;
    if (replica === undefined) return;
    const [violation] = violationsOf(replica);
    demand(violation === undefined, `${id}: ${violation}`);
    const landmarks = landmarksOf(replica);
    const before = this.#landmarks.get(id);
    if (before?.life === life) {
      const [regression] = regressionsBetween(before.landmarks, landmarks);
      demand(regression === undefined, `${id}: ${regression}`);
      const isNewLeader =
        before.landmarks.role !== 'leader' || before.landmarks.term < replica.term;
      if (replica.role === 'leader' && isNewLeader) this.#elected(replica);
    } else if (replica.role === 'leader') this.#elected(replica);
    this.#landmarks.set(id, { life, landmarks });
    if (replica.config !== undefined) {
      this.#checkConfig(replica.config);
      this.#noteReturn(witness, replica.config);
    }
    this.#checkCommit(witness, replica);
  }

  /** A configuration is made once, by one leader: whoever names it means the same. */
  #checkConfig(config: Config): void {
    if (this.#seenConfigs.has(config)) return;
    this.#seenConfigs.add(config);
    const { id, members } = config;
    // A founder that loses its disk before anybody has joined it founds again.
    if (id.term === 0) return;
    const key = `${id.term} ${id.version}`;
    const known = this.#configs.get(key);
    const text = JSON.stringify(members);
    demand(known === undefined || known === text, `I12: there are two configurations ${key}`);
    this.#configs.set(key, text);
  }

  #elected(replica: Replica): void {
    const { term, identity, config } = replica;
    const known = this.#leaders.get(term);
    demand(
      known === undefined || known === identity.id,
      `I1: term ${term} has two leaders, ${known} and ${identity.id}`,
    );
    this.#leaders.set(term, identity.id);
    const isComplete = holds(replica.log, this.#lastCommitted) || this.#lastCommitted.term >= term;
    demand(isComplete, `I5: ${identity.id} leads term ${term} without what was committed`);
    const gone = votersOf(config).find(({ directoryId }) => {
      const left = directoryId === undefined ? undefined : this.#departed.get(directoryId);
      // Who wins an older term belatedly commits nothing: a majority lives in a later one.
      return left !== undefined && term >= left.term;
    });
    demand(
      gone === undefined,
      `I13: ${identity.id} leads term ${term} with ${gone?.id}, which left`,
    );
  }

  /** It has left, and has taken over a later configuration that counts on it again. */
  #noteReturn({ id, directoryId }: Witness, config: Config): void {
    const left = this.#departed.get(directoryId);
    const isBack = left !== undefined && compareConfigIds(config.id, left) > 0;
    if (isBack && isMember(config, { id, directoryId })) this.#departed.delete(directoryId);
  }

  /** A server goes: nobody counts on it until it is back, so its disk may be thrown away. */
  departed({ id, directoryId }: Witness, { config, log }: Replica): void {
    assert(config !== undefined, 'only a member leaves');
    this.#departed.set(directoryId, config.id);
    let index = Math.min(log.lastIndex, this.committedCount);
    for (; index > log.base.index; index -= 1) {
      const entry = this.#committed[index - 1];
      if (entry === undefined || !holds(log, entry)) continue;
      this.#demandDisks(votersOf(config), entry, `I13: ${id} left with`);
      return;
    }
  }

  #checkCommit(witness: Witness, replica: Replica): void {
    const checked = this.#checkedCommit.get(witness.id);
    let index = checked?.life === witness.life ? checked.index : 0;
    while (index < replica.commit.index) {
      index += 1;
      // What came in a snapshot was committed, and compared, elsewhere.
      if (index <= replica.log.base.index) continue;
      const entry = witness.entryAt(index);
      demand(entry !== undefined, `${witness.id} committed ${index}, which it does not hold`);
      const known = this.#committed[index - 1];
      if (known === undefined) {
        this.#committed.push(entry);
        this.#votersOf[index] = votersOf(replica.config);
        this.#demandMajority(entry, 'committed:');
        const { atMs } = this.#origins.get(`${entry.term} ${entry.index}`) ?? { atMs: 0 };
        this.chronicle.committed(entry, atMs, this.#now());
      }
      const isSame = known === undefined || known === entry;
      demand(isSame, `I6: two different entries are committed at ${index}`);
    }
    if (comparePositions(replica.commit, this.#lastCommitted) > 0) {
      this.#lastCommitted = replica.commit;
    }
    this.#checkedCommit.set(witness.id, { life: witness.life, index });
  }

  /** Two logs that have an entry of one term at one index are the same up to there. */
  appended(witness: Witness, replica: Replica, entries: readonly Entry[]): void {
    for (const entry of entries) {
      const key = `${entry.term} ${entry.index}`;
      const previousTerm = termAt(replica.log, entry.index - 1) ?? 0;
      const origin = this.#origins.get(key);
      if (origin === undefined) {
        this.#origins.set(key, { entry, previousTerm, atMs: this.#now() });
        continue;
      }
      const isSame = origin.entry === entry && origin.previousTerm === previousTerm;
      demand(isSame, `I2: ${witness.id} has another entry ${entry.index} of term ${entry.term}`);
    }
  }

  /** What a server says of itself: it must be on its disk, and no vote may change. */
  said(witness: Witness, fact: Fact): void {
    demandDurable(witness, fact);
    const { owner, term, vote } = fact;
    if (vote === undefined) return;
    const key = `${fact.directoryId} ${term}`;
    const other = this.#votes.get(key);
    demand(other === undefined || other === vote, `I10: ${owner} votes twice in term ${term}`);
    this.#votes.set(key, vote);
  }

  /** All servers draw the conclusions that the models draw from the entry. */
  applied(id: NodeId, index: number, outcomes: readonly Outcome[]): void {
    const right = this.chronicle.outcomesAt(index);
    const text = outcomesText(outcomes);
    demand(right !== undefined, `${id} applies entry ${index}, which is not committed`);
    demand(text === right, `I6: ${id} makes of entry ${index} ${text}, not ${right}`);
  }

  /**
   * A majority of the disks that voted when it was committed holds the entry, not counting those
   * that were lost since.
   */
  #demandMajority(place: Place, what: string): void {
    this.#demandDisks(this.#votersOf[place.index] ?? [], place, what);
  }

  #demandDisks(voters: readonly Member[], { term, index }: Place, what: string): void {
    const disks = voters.flatMap(
      ({ id, directoryId }) =>
        this.#witnesses.find(
          other => other.id === id && other.directoryId === directoryId && !other.isRecovering,
        ) ?? [],
    );
    const majority = quorumSize(voters.length) - (voters.length - disks.length);
    const holders = disks.filter(disk => disk.holdsDurably({ term, index } as Position));
    demand(
      holders.length >= majority,
      `${what} entry ${index} on ${holders.length} of ${majority} disks`,
    );
  }

  /** A client was told that its batch is safe. */
  acknowledged(placement: Placement): void {
    this.#demandMajority(placement, 'I9: acknowledged:');
    const known = this.acked.get(placement.batchId);
    const isSame = known === undefined || known.first === placement.first;
    demand(isSame, `I9: the batch ${placement.batchId} was acknowledged at two places`);
    this.acked.set(placement.batchId, placement);
    this.#lastAckedSeq = Math.max(this.#lastAckedSeq, placement.last);
  }

  /** A linearizable read shows everything that was acknowledged before it began. */
  read(lastSeq: number, ackedBefore: number): void {
    demand(lastSeq >= ackedBefore, `a read shows ${lastSeq} entries after ${ackedBefore} acks`);
  }

  /** Every acknowledged batch stands in the journal where the client was told. */
  checkJournal(): void {
    for (const [batchId, placement] of this.acked) {
      const found = this.chronicle.batch(batchId);
      const isThere = found?.first === placement.first && found.last === placement.last;
      demand(isThere, `I9: the acknowledged batch ${batchId} is not at ${placement.first}`);
    }
  }
}
