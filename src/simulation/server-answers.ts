import type { NodeId } from '../consensus/types.ts';
import type { QueryDemand } from '../host/queries.ts';
import type { Warrant } from '../host/read-gate.ts';
import type { Acknowledgement } from '../host/requests.ts';
import type { Shown } from './chronicle.ts';

/** What has become of a command; a session that was opened has the index of its entry. */
export type ProposalOutcome =
  | { readonly type: 'acknowledged'; readonly ack: Acknowledgement }
  | { readonly type: 'opened'; readonly session: number }
  /** Not let into the log, and never will be. */
  | { readonly type: 'notAdmitted' }
  | { readonly type: 'refused'; readonly leader: NodeId | undefined };

/** What a read of one key has found, and what that rests on. */
export type Found = Shown & {
  readonly warrant: Warrant;
  /** When the gate let it go; on its way it only gets older. */
  readonly answeredAtMs: number;
};

/** A query with what its answer shall rest on. */
export type Asked = {
  readonly name: string;
  readonly query: object;
  readonly demand: QueryDemand;
};

/** What came of it; its answer shows all of the log up to an entry. */
export type Told = { readonly answer: unknown; readonly index: number; readonly fromMs: number };

/** A watch at one server, as long as that lives. */
export type WatchStream = {
  /** The watcher has taken what was sent. */
  drained(): void;
  stop(): void;
};
