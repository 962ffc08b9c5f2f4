import { assert } from '../assert.ts';
import type { Replica } from './replica.ts';
import type { MonotonicMs, WallMs } from './types.ts';

/*
 * Stamps of entries. A leader reads its wall clock once, with its first proposal; from there on its
 * stamps move with its monotonic clock alone. So what passes between two of them is time that has
 * passed, whatever is done to the wall clock meanwhile, and no stamp of another leader has a part
 * in it: one whose clock is a day ahead would else hold up the time of all that come after it.
 * What the stamps of two leaders differ by means nothing: whoever counts time leaves it out.
 */

/** The stamp of an entry that is proposed now, when the wall clock shows `wallMs`. */
export function stampOf({ leadership }: Replica, now: MonotonicMs, wallMs: WallMs): WallMs {
  assert(leadership !== undefined, 'only a leader makes entries');
  leadership.stampsFrom ??= { wallMs, now };
  return stampAt(leadership.stampsFrom, now);
}

/** The stamp that an entry would get now; undefined before the first one of our leadership. */
export function currentStamp({ leadership }: Replica, now: MonotonicMs): WallMs | undefined {
  const from = leadership?.stampsFrom;
  return from === undefined ? undefined : stampAt(from, now);
}

const stampAt = (
  from: { readonly wallMs: WallMs; readonly now: MonotonicMs },
  now: MonotonicMs,
): WallMs => (from.wallMs + Math.floor(now - from.now)) as WallMs;
