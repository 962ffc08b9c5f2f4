import type { ByteString } from '../codec/byte-string.ts';
import { notAdmitted } from '../host/admission.ts';
import { type JournalEntry, journalOf, readJournal } from '../host/journal-reader.ts';
import { MachineWatch, type Watcher, type WatchLimits } from '../host/machine-watch.ts';
import type { ReadDemand } from '../host/read-gate.ts';
import type { AckSubscriber } from '../host/requests.ts';
import { decodeCommand } from '../machines/frame/command.ts';
import { QueryRefused } from '../machines/machine.ts';
import type { WatchChange, WatchFilter } from '../machines/machines.ts';
import { answerQuery } from '../machines/query.ts';
import type { NodeId } from '../words.ts';
import type { Shown, ShownPast } from './chronicle.ts';
import { queryOfKey } from './query-of-key.ts';
import type { Random } from './random.ts';
import type { Asked, Found, ProposalOutcome, Told, WatchStream } from './server-answers.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { Surroundings } from './surroundings.ts';

/** So many reads take long; more would leave no time for anything else. */
const longReads = 0.02;

/** Small, so that they are met. */
const watchLimits: WatchLimits = { messageMaxBytes: 40, backlogMaxBytes: 60 };

/** The server behind the door. */
type Behind = {
  readonly id: NodeId;
  readonly lifeName: string;
  readonly process: SimulatedProcess | undefined;
};

/** Where clients ask a server: as its remote calls do, of whatever lives behind it just now. */
export class ServerDoor {
  readonly #server: Behind;
  readonly #around: Surroundings;
  /** Of reads that take long, and of what is let in unseen. */
  readonly #draws: { readonly long: Random; readonly unseen: Random };

  constructor(
    server: Behind,
    around: Surroundings,
    draws: { readonly long: Random; readonly unseen: Random },
  ) {
    this.#server = server;
    this.#around = around;
    this.#draws = draws;
  }

  /** A session has the index of the entry that opens it. */
  openSession(payload: Uint8Array, answer: (answer: ProposalOutcome) => void): void {
    this.#live(({ host: { requests }, replica }) => {
      const refused = (): void => answer({ type: 'refused', leader: replica.leader });
      requests.propose([payload], proposed => {
        if (proposed.type !== 'appended') return refused();
        const session = proposed.position.index;
        return requests.appliedAt(proposed.position, isApplied =>
          isApplied ? answer({ type: 'opened', session }) : refused(),
        );
      });
    });
  }

  /** One transaction of a session, and what becomes of it. */
  submit(
    { session, sequence }: { readonly session: number; readonly sequence: number },
    payload: Uint8Array,
    answer: (answer: ProposalOutcome) => void,
  ): void {
    this.#live(({ host: { requests }, replica }) => {
      const end = (what: ProposalOutcome): void => {
        unsubscribe();
        answer(what);
      };
      const refused = (): void => end({ type: 'refused', leader: replica.leader });
      const unsubscribe = requests.subscribe(session, {
        acknowledged: ack => ack.sequence === sequence && end({ type: 'acknowledged', ack }),
        ended: refused,
      });
      if (!this.#admits(payload)) return end({ type: 'notAdmitted' });
      return requests.propose([payload], ({ type }) => type === 'appended' || refused());
    });
  }

  /** Commands for the log that nobody here waits for. */
  propose(payload: Uint8Array): void {
    this.#live(({ host: { requests } }) => requests.propose([payload], () => undefined));
  }

  /** Now and then one slips through the door, as when the room ends while it is on its way. */
  #admits(payload: Uint8Array): boolean {
    const process = this.#server.process;
    const command = decodeCommand(payload);
    if (process === undefined || command.type !== 'transact') return true;
    return this.#draws.unseen.chance(0.5) || notAdmitted(process.host, [command]) === undefined;
  }

  /** Whatever may be asked of a machine; nothing is told when this server refuses. */
  ask(asked: Asked, tell: (told: Told | undefined) => void): void {
    this.#live(process => {
      const fromMs = this.#around.now();
      process.ask(asked, reply =>
        tell(reply.answer && { answer: reply.answer, index: reply.index, fromMs }),
      );
    });
  }

  /** Undefined when this server cannot answer. */
  read(demand: ReadDemand, key: ByteString, answer: (found: Found | undefined) => void): void {
    this.#live(process => {
      const read = (): Shown => {
        const found = this.#look(process, key);
        // However long it takes: the lease counts when it is answered.
        if (demand.consistency === 'lease') this.#stallSometimes(process);
        return found;
      };
      process.read(demand, read, reply => {
        const answeredAtMs = this.#around.now();
        process.afterStall(() =>
          answer(
            'refused' in reply
              ? undefined
              : { ...reply.value, warrant: reply.warrant, answeredAtMs },
          ),
        );
      });
    });
  }

  /** Undefined when it does not run. */
  watch(
    { filter, after }: { readonly filter: WatchFilter<'keys'>; readonly after: number | undefined },
    watcher: Watcher<WatchChange<'keys'>>,
  ): WatchStream | undefined {
    const process = this.#server.process;
    if (process === undefined || process.isPaused) return undefined;
    const { requests, applyLoop, queries } = process.host;
    const machine = { state: applyLoop.state, view: () => queries.view() };
    const what = { name: 'keys', filter, after } as const;
    const watch = new MachineWatch(watcher, machine, what, watchLimits);
    const unsubscribe = requests.onAdvance(() => watch.advance());
    watch.ping();
    watch.advance();
    let isStopped = false;
    return {
      // A process that is paused hears of it later, when the watcher may have gone elsewhere.
      drained: () => process.live(() => isStopped || watch.advance()),
      stop: () => {
        isStopped = true;
        unsubscribe();
      },
    };
  }

  subscribe(session: number, subscriber: AckSubscriber): (() => void) | undefined {
    return this.#server.process?.host.requests.subscribe(session, subscriber);
  }

  /** Posted objects from a number on, wherever they are. */
  readJournal(
    from: number,
    limit: number,
    answer: (entries: readonly JournalEntry[]) => void,
  ): void {
    this.#live(process => {
      const { applyLoop, log, timers } = process.host;
      const { archive } = process;
      const sources = { state: applyLoop.state, log, archive, timers };
      this.#around.awaitRest();
      const range = { from, limit, throughSeq: journalOf(applyLoop.state).lastSeq };
      readJournal(sources, range)
        .then(answer)
        .catch((error: Error) => {
          if (!process.isOver) this.#around.fail(`${this.#server.id}: ${error.message}`);
        });
    });
  }

  #look({ host }: SimulatedProcess, key: ByteString): Shown {
    const { state } = host.applyLoop;
    const query = queryOfKey(key, 0);
    const { items } = answerQuery(state.states, 'keys.range', query, host.queries.view());
    const { lastSeq } = journalOf(state);
    const index = state.appliedIndex;
    return { key, value: items[0]?.value, index, lastSeq, by: this.#server.lifeName };
  }

  /** A key as it was at a revision of the past, or why that cannot be said. */
  lookBack(key: ByteString, revision: number): ShownPast | undefined {
    const process = this.#server.process;
    if (process === undefined || process.isPaused) return undefined;
    const { applyLoop, queries } = process.host;
    const { states, appliedIndex: index } = applyLoop.state;
    const asked = { key, revision, index };
    try {
      const query = queryOfKey(key, revision);
      const { items } = answerQuery(states, 'keys.range', query, queries.view());
      return { ...asked, refused: undefined, items };
    } catch (error) {
      if (!(error instanceof QueryRefused)) throw error;
      return { ...asked, refused: error.reason, items: [] };
    }
  }

  #stallSometimes(process: SimulatedProcess): void {
    if (this.#around.network.isCalm || !this.#draws.long.chance(longReads)) return;
    this.#around.marks.note('held up in a read');
    process.stall(this.#draws.long.between(0, process.replica.timings.leaseMs));
  }

  #live(run: (process: SimulatedProcess) => void): void {
    const { process } = this.#server;
    process?.live(() => run(process));
  }
}
