import { type ByteString, byteStringOf } from '../codec/byte-string.ts';
import type { Consistency } from '../transport/generated/gossipraft/Consistency.ts';
import type { KeyEntry__Output as WireEntry } from '../transport/generated/gossipraft/KeyEntry.ts';
import type { ReadKeysReply__Output as WireReply } from '../transport/generated/gossipraft/ReadKeysReply.ts';

export const consistencies = {
  lease: 'CONSISTENCY_LEASE',
  quorum: 'CONSISTENCY_QUORUM',
  bounded: 'CONSISTENCY_BOUNDED',
  local: 'CONSISTENCY_LOCAL',
} as const satisfies Record<string, Consistency>;
/** How current an answer must be, and what it may rest on. */
export type ConsistencyName = keyof typeof consistencies;

export type KeyQuery = {
  readonly consistency: ConsistencyName;
  /** Only for `bounded`. */
  readonly maxStalenessMs?: number;
  /** The past; undefined: the newest. */
  readonly revision?: number | undefined;
  readonly start: ByteString;
  /** The first key that is not wanted; empty: no end. */
  readonly end: ByteString;
  readonly limit: number;
  readonly withValues: boolean;
  /** Undefined: any that can answer. */
  readonly server?: string | undefined;
};

export type KeyItem = {
  readonly key: ByteString;
  /** Empty when it was not asked for. */
  readonly value: Buffer;
  readonly type: string;
  readonly bytes: number;
  readonly version: number;
  readonly createRevision: number;
  readonly modRevision: number;
  /** What is left of its time to live; undefined: it stays. */
  readonly ttlMs: number | undefined;
};

export type KeyPage = {
  readonly items: readonly KeyItem[];
  /** The first key of the next page. */
  readonly next: ByteString | undefined;
  readonly revision: number;
  readonly consistency: ConsistencyName;
  readonly server: string;
  readonly term: number;
  readonly appliedIndex: number;
  readonly leaseRemainingMs: number | undefined;
  readonly staleMs: number | undefined;
};

export const keyItemOf = ({ key, ttlMs, ...entry }: WireEntry): KeyItem => ({
  ...entry,
  key: byteStringOf(key),
  ttlMs,
});

const names = new Map<Consistency, ConsistencyName>(
  Object.entries(consistencies).map(([name, wire]) => [wire, name as ConsistencyName]),
);

export function keyPageOf(page: WireReply['page'] | undefined): KeyPage {
  const view = page?.view;
  return {
    items: page?.entries.map(keyItemOf) ?? [],
    next: page?.next === undefined ? undefined : byteStringOf(page.next),
    revision: page?.revision ?? 0,
    consistency: names.get(page?.consistency ?? 'CONSISTENCY_LOCAL') ?? 'local',
    server: view?.server ?? '',
    term: view?.term ?? 0,
    appliedIndex: view?.appliedIndex ?? 0,
    leaseRemainingMs: page?.leaseRemainingMs,
    staleMs: page?.staleMs,
  };
}
