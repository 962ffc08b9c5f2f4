import fc from 'fast-check';
import type { Entry, WallMs } from '../../../src/consensus/types.ts';
import { encodeCommand } from '../../../src/machines/frame/command.ts';
import { applyEntry, createReplicatedState } from '../../../src/machines/frame/replicated-state.ts';
import { happen, makeLeader, ofType, replica } from '../../consensus/fixtures.ts';

/*
 * Leaders with any wall clocks follow each other, each with some of the log of those before. The
 * clock of the log that is left must have moved with the monotonic clock of each of them while it
 * made the entries that are left, and by nothing else.
 */

const day = 24 * 60 * 60 * 1000;

const leader = fc.record({
  /** How many entries of the log before are not in its log. */
  lacks: fc.nat({ max: 4 }),
  startsAt: fc.double({ min: 1000, max: 1e9, noNaN: true }),
  /** Between its proposals, on its monotonic clock; and what its wall clock shows then. */
  proposals: fc.array(
    fc.record({
      passedMs: fc.double({ min: 0, max: 5000, noNaN: true }),
      wallMs: fc.integer({ min: 1, max: 1000 * day }),
    }),
    { maxLength: 5 },
  ),
});
type Leader = typeof leader extends fc.Arbitrary<infer T> ? T : never;
/** An entry, and what has passed for its leader since the one before it of the same leader. */
type Made = { readonly entry: Entry; readonly atMs: number };

const payload = encodeCommand({ type: 'tick', idempotencyMaxBytes: undefined, operations: [] });

function lead(before: readonly Made[], { lacks, startsAt, proposals }: Leader): Made[] {
  const kept = before.slice(0, Math.max(0, before.length - lacks));
  const terms = kept.map(({ entry }) => entry.term);
  const term = before.at(-1)?.entry.term ?? 0;
  const wallMs = kept.at(-1)?.entry.wallMs ?? 1;
  const server = replica({ term, terms, wallMs });
  const made = [...kept];
  makeLeader(server, startsAt);
  const [noop] = server.log.tail.slice(-1);
  if (noop !== undefined) made.push({ entry: noop, atMs: startsAt });
  let atMs = startsAt;
  proposals.forEach(({ passedMs, wallMs: shows }, id) => {
    atMs += passedMs;
    const event = { proposals: [{ id, payload }], wallMs: shows as WallMs };
    const effects = happen(server, atMs, { type: 'propose', ...event });
    for (const { entries } of ofType(effects, 'append')) {
      made.push(...entries.map(entry => ({ entry, atMs })));
    }
  });
  return made;
}

function wrongTime(made: readonly Made[]): string | undefined {
  const state = createReplicatedState();
  const firstOf = new Map<number, number>();
  const passedOf = new Map<number, number>();
  for (const { entry, atMs } of made) {
    applyEntry(state, entry);
    if (entry.kind === 'command') {
      if (!firstOf.has(entry.term)) firstOf.set(entry.term, atMs);
      passedOf.set(entry.term, Math.floor(atMs - (firstOf.get(entry.term) ?? atMs)));
    }
    const expectedMs = [...passedOf.values()].reduce((sum, passedMs) => sum + passedMs, 0);
    const { nowMs } = state.clock;
    if (nowMs === expectedMs) continue;
    return `the log's clock shows ${nowMs} at ${entry.term}.${entry.index}, not ${expectedMs}`;
  }
  return undefined;
}

/** What is wrong with the time of the log; undefined when nothing was found. */
export function checkLogTime(runs: number): string | undefined {
  let wrong: string | undefined;
  const property = fc.property(fc.array(leader, { maxLength: 6 }), leaders => {
    const found = wrongTime(leaders.reduce<readonly Made[]>(lead, []));
    wrong = found ?? wrong;
    return found === undefined;
  });
  const { failed, errorInstance } = fc.check(property, { numRuns: runs });
  return failed ? (wrong ?? String(errorInstance)) : undefined;
}
