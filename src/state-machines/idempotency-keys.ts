import type { Placement } from './result.ts';
import { bytesPerUse, type Use, UseTable } from './use-table.ts';

export type IdempotencyLimits = {
  /** Younger than this, a key is remembered whatever comes. */
  readonly promisedMs: number;
  /** Older than this, it is forgotten though there is room. */
  readonly lifetimeMs: number;
  /** Until a leader whose file says otherwise has told so in the log. */
  readonly maxBytes: number;
};

/**
 * The writes that people have named themselves, so that they may repeat them through any client
 * server. Ages are log time, and the room is what the log says, so all servers forget the same
 * ones: the oldest, when there is no room and they are older than was promised. If they are not,
 * new ones are turned away: forgetting in silence would let a repeated request count twice.
 */
export type IdempotencyKeys = {
  readonly limits: IdempotencyLimits;
  maxBytes: number;
  /** When the newest one that was forgotten for want of room had been used. */
  forgottenAtMs: number | undefined;
  readonly uses: UseTable;
};

export const createIdempotencyKeys = (limits: IdempotencyLimits): IdempotencyKeys => ({
  limits,
  maxBytes: limits.maxBytes,
  forgottenAtMs: undefined,
  uses: new UseTable(),
});

export function earlierUse(
  { uses, limits }: IdempotencyKeys,
  key: string,
  fingerprint: string,
  nowMs: number,
): Use | undefined {
  const use = uses.find(key, fingerprint);
  return use !== undefined && nowMs - use.atMs < limits.lifetimeMs ? use : undefined;
}

/** Whether one more would have to take the place of one that is promised to be remembered. */
export function isFull({ uses, limits, maxBytes }: IdempotencyKeys, nowMs: number): boolean {
  if ((uses.size + 1) * bytesPerUse <= maxBytes) return false;
  return uses.oldestAtMs === undefined || nowMs - uses.oldestAtMs < limits.promisedMs;
}

/** Forgets what is too old, or must make room for one more, and may. */
export function makeRoom(keys: IdempotencyKeys, nowMs: number): void {
  const { uses, limits } = keys;
  for (let atMs = uses.oldestAtMs; atMs !== undefined; atMs = uses.oldestAtMs) {
    const ageMs = nowMs - atMs;
    if (ageMs < limits.lifetimeMs) {
      const isOver = (uses.size + 1) * bytesPerUse > keys.maxBytes;
      if (!isOver || ageMs < limits.promisedMs) return;
      keys.forgottenAtMs = atMs;
    }
    uses.dropOldest();
  }
}

export const rememberUse = (
  { uses }: IdempotencyKeys,
  key: string,
  fingerprint: string,
  placement: Placement,
  nowMs: number,
): void => uses.add(key, fingerprint, placement, nowMs);

/** Whatever was used within this time is remembered. */
export function windowMs({ limits, forgottenAtMs }: IdempotencyKeys, nowMs: number): number {
  if (forgottenAtMs === undefined) return limits.lifetimeMs;
  return Math.min(limits.lifetimeMs, nowMs - forgottenAtMs);
}

export const bytesOfKeys = ({ uses }: IdempotencyKeys): number => uses.size * bytesPerUse;
