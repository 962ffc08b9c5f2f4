import { endOfPrefix, utf8BytesOf } from '../codec/byte-string.ts';
import type { Watcher } from '../host/machine-watch.ts';
import type { Refusal } from '../host/refusal.ts';
import type { WatchChange } from '../machines/machines.ts';
import { demand } from './failure.ts';
import { mix, Random } from './random.ts';
import type { WatchStream } from './server-answers.ts';
import type { SimulatedServer } from './simulated-server.ts';
import type { Surroundings } from './surroundings.ts';

type KeyChange = WatchChange<'keys'>;

type Connection = {
  readonly server: SimulatedServer;
  readonly life: number;
  readonly stream: WatchStream;
};

/**
 * Watches keys at one server after the other, from where it was, and demands to be told all of the
 * history: in order, each change once, and nothing else.
 */
export class SimulatedWatcher implements Watcher<KeyChange> {
  readonly #around: Surroundings;
  readonly #servers: readonly SimulatedServer[];
  readonly #random: Random;
  readonly #prefix: string;
  #connection: Connection | undefined;
  /** All changes up to this revision have been told; undefined before the first word. */
  #through: number | undefined;
  /** Behind the last change that was told, in the history. */
  #place = 0;
  waitingBytes = 0;
  /** Of a connection that is given up, nothing more is taken. */
  isGone = false;

  constructor(place: number, servers: readonly SimulatedServer[], around: Surroundings) {
    this.#servers = servers;
    this.#around = around;
    this.#random = new Random(mix(around.options.seed, 13, place));
    this.#prefix = this.#random.pick(['', '', 'a', 'x', 'n'] as const);
  }

  /** Nothing is missing any more. */
  get isTold(): boolean {
    const { chronicle } = this.#around.oracle;
    return (
      this.#through !== undefined && chronicle.nextChange(this.#prefix, this.#place) === undefined
    );
  }

  start(): void {
    const pauseMs = this.#random.between(0.1, 1) * this.#around.options.timings.heartbeatIntervalMs;
    this.#around.queue.push(this.#around.now() + pauseMs, () => {
      this.#goOn();
      this.start();
    });
  }

  tell(changes: readonly KeyChange[], through: number): void {
    const { chronicle } = this.#around.oracle;
    if (this.#through === undefined) this.#place = chronicle.placeAfter(through);
    // Those of one revision have happened at once, and are told in any order.
    const ordered = [...changes].sort(
      (a, b) => a.revision - b.revision || (a.key < b.key ? -1 : 1),
    );
    for (const { key, revision, item } of ordered) {
      const next = chronicle.nextChange(this.#prefix, this.#place);
      const value = item?.value;
      const told = `${key} ${revision} ${value}`;
      const { change } = next ?? {};
      const expected = `${change?.key} ${change?.revision} ${change?.value}`;
      demand(told === expected, `a watcher is told "${told}", and "${expected}" comes next`);
      this.#place = next?.place ?? this.#place;
      this.waitingBytes += key.length + (value?.length ?? 0);
      this.#around.marks.note('change told to a watcher');
    }
    const missed = chronicle.nextChange(this.#prefix, this.#place)?.change;
    const isAll = missed === undefined || missed.revision > through;
    demand(isAll, `a watcher is told all up to ${through}, but not ${missed?.revision}`);
    this.#through = Math.max(through, this.#through ?? 0);
  }

  end({ reason }: Refusal): void {
    demand(reason === 'forgotten', `a watch ends: ${reason}`);
    this.#around.marks.note('watch forgotten');
    this.#leave();
    this.#through = undefined;
  }

  #goOn(): void {
    const connection = this.#connection;
    const isBroken = connection?.life !== connection?.server.life || this.#random.chance(0.03);
    // As the real client does: a server without a leader says nothing, and is given up.
    const isSilent = connection !== undefined && connection.server.replica?.leader === undefined;
    const isGivenUp = isSilent && this.#random.chance(0.2);
    if (connection === undefined || isBroken || isGivenUp) this.#connect();
    else if (this.#random.chance(0.7)) {
      this.waitingBytes = 0;
      connection.stream.drained();
    }
  }

  #connect(): void {
    this.#leave();
    const server = this.#servers[this.#random.below(this.#servers.length)];
    if (server === undefined) return;
    this.isGone = false;
    this.waitingBytes = 0;
    const start = utf8BytesOf(this.#prefix);
    const wanted = { puts: true, deletes: true, withPrevious: false };
    const filter = { start, end: endOfPrefix(start), ...wanted };
    const stream = server.door.watch({ filter, after: this.#through }, this);
    // It may have ended at once.
    if (stream !== undefined && !this.isGone) {
      this.#connection = { server, life: server.life, stream };
    }
  }

  #leave(): void {
    this.isGone = true;
    this.#connection?.stream.stop();
    this.#connection = undefined;
  }
}
