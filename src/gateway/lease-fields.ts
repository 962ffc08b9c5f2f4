import { z } from 'zod';
import { ttlMaxMs } from '../machines/leases/lease-table.ts';
import { hasHalfCharacter } from './key-parameters.ts';

/* Fields of bodies that tell of leases and locks. */

const nameMaxLength = 256;
export const msPerSecond = 1000;

export const lease = z
  .number({ error: 'expected the number of a lease' })
  .int({ error: 'expected the number of a lease' })
  .min(1);
export const ttlMs = z
  .number({ error: 'expected milliseconds' })
  .int({ error: 'expected whole milliseconds' })
  .min(1, { error: 'expected at least 1 millisecond' })
  .max(ttlMaxMs, { error: `expected at most ${ttlMaxMs} milliseconds` });
export const lockTtl = z
  .number({ error: 'expected seconds' })
  .min(0.1, { error: 'expected at least 0.1 seconds' })
  .max(86_400, { error: 'expected at most a day' });
export const token = z
  .number({ error: 'expected the token of the lock' })
  .int({ error: 'expected the token of the lock' })
  .nonnegative();
/** Two names that are no text would be one. */
export const holder = z
  .string({ error: 'expected a name' })
  .min(1)
  .max(nameMaxLength)
  .refine(name => !hasHalfCharacter(name), { error: 'which has half a character in it' });

export const msOf = (seconds: number): number => Math.max(1, Math.round(msPerSecond * seconds));

/** It hangs on a lease of its own, of so many seconds, or on one that is there. */
export function problemOfHold(hold: {
  readonly ttl?: number | undefined;
  readonly lease?: number | undefined;
}): string | undefined {
  if ((hold.ttl === undefined) !== (hold.lease === undefined)) return undefined;
  return hold.ttl === undefined
    ? 'expected seconds, or the number of a "lease"'
    : 'but both "ttl" and "lease" are given: it hangs on a lease of its own or on another';
}
