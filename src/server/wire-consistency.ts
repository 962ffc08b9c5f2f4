import type { Consistency } from '../host/read-gate.ts';
import type { Consistency__Output as WireConsistency } from '../transport/generated/gossipraft/Consistency.ts';

const wireNames = {
  lease: 'CONSISTENCY_LEASE',
  quorum: 'CONSISTENCY_QUORUM',
  bounded: 'CONSISTENCY_BOUNDED',
  local: 'CONSISTENCY_LOCAL',
} as const satisfies Readonly<Record<Consistency, WireConsistency>>;

const names = new Map<string, Consistency>(
  Object.entries(wireNames).map(([name, wireName]) => [wireName, name as Consistency]),
);

export const writeConsistency = (consistency: Consistency): WireConsistency =>
  wireNames[consistency];

/** Undefined for one that we do not know: it is never taken for the weakest. */
export const readConsistency = (wireName: string): Consistency | undefined => names.get(wireName);
