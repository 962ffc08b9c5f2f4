import type { NodeId } from '../consensus/types.ts';
import type { Warrant } from '../host/read-gate.ts';
import type { Result } from '../state-machines/result.ts';
import type { Shown } from './chronicle.ts';

export type ProposalOutcome =
  | { readonly type: 'result'; readonly result: Result }
  | { readonly type: 'refused'; readonly leader: NodeId | undefined };
/** What a read of one key has found, and what that rests on. */
export type Found = Shown & {
  readonly warrant: Warrant;
  /** When the gate let it go; on its way it only gets older. */
  readonly answeredAtMs: number;
};

/** A watch at one server, as long as that lives. */
export type WatchStream = {
  /** The watcher has taken what was sent. */
  drained(): void;
  stop(): void;
};
