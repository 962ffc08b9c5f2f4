import type { NodeId } from '../consensus/types.ts';
import type { EventQueue } from './event-queue.ts';
import type { Marks } from './marks.ts';
import type { Network } from './network.ts';
import type { SimulationOptions } from './options.ts';
import type { Oracle } from './oracle.ts';
import type { DiskContent } from './simulated-disk.ts';

/** Everything around a server that belongs to the simulation. */
export type Surroundings = {
  readonly options: SimulationOptions;
  readonly queue: EventQueue;
  readonly network: Network;
  readonly oracle: Oracle;
  readonly marks: Marks;
  /** Part of the names of all directories: '' but for the neighbour's. */
  readonly clan: string;
  now(): number;
  /** What a server that runs would hand out of its disk. */
  served(id: NodeId): DiskContent | undefined;
  /** Mixes up an address with another cluster's; returns what ends it. */
  mixUp(id: NodeId): (() => void) | undefined;
  /** Something goes on behind this event: the next one waits until it rests. */
  awaitRest(): void;
  /** An invariant was found violated where nobody could throw it. */
  fail(violation: string): void;
  /** Undefined when nobody reads it. */
  readonly trace: ((text: string) => void) | undefined;
};

/** From the start of a process to its end: what it began goes on in it, or not at all. */
export type Life = {
  readonly isOver: boolean;
  after(delayMs: number, run: () => void): void;
  /** Resolves after a while, if the process still lives then. */
  resolveAfter<T>(delayMs: number, value: () => T): Promise<T>;
};

/** Of what has gone with its process. */
export const never = new Promise<never>(() => undefined);
