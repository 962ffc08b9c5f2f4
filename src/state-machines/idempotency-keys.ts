import { BoundedMap } from './bounded-map.ts';
import type { Placement } from './result.ts';

/** What a key was used for, and when by the clock of the log. */
export type Use = {
  readonly fingerprint: string;
  readonly placement: Placement;
  readonly atMs: number;
};

/**
 * The writes that people have named themselves, so that they may repeat them through any client
 * server. Ages are log time, so that no leader's wall clock makes all of them old at once.
 */
export type IdempotencyKeys = {
  readonly keysMax: number;
  readonly lifetimeMs: number;
  /** In the order of the log, and so by age. */
  readonly uses: BoundedMap<Use>;
};

export const createIdempotencyKeys = (
  limits: Pick<IdempotencyKeys, 'keysMax' | 'lifetimeMs'>,
): IdempotencyKeys => ({ ...limits, uses: new BoundedMap() });

export function earlierUse(keys: IdempotencyKeys, key: string, nowMs: number): Use | undefined {
  const use = keys.uses.get(key);
  return use !== undefined && nowMs - use.atMs < keys.lifetimeMs ? use : undefined;
}

export function rememberUse(keys: IdempotencyKeys, key: string, use: Use): void {
  keys.uses.set(key, use);
  for (let oldest = keys.uses.oldest(); oldest !== undefined; oldest = keys.uses.oldest()) {
    const isExpired = use.atMs - oldest.atMs >= keys.lifetimeMs;
    if (!isExpired && keys.uses.size <= keys.keysMax) break;
    keys.uses.deleteOldest();
  }
}
