import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PersistentMap } from '../../src/machines/persistent-map.ts';

const names = fc.uniqueArray(fc.string({ maxLength: 3 }), { maxLength: 1500, size: 'max' });
const bound = fc.string({ maxLength: 3 });

/** A range of a map is counted, and read from both ends, as it would be one by one. */
export function checkCounts(numRuns: number): string | undefined {
  const property = fc.property(names, names, bound, bound, (first, gone, start, end) => {
    let map = PersistentMap.empty<object>();
    for (const [number, name] of first.entries()) map = map.with(name, { number });
    for (const name of gone) map = map.without(name);
    const entries = [...map.entries()];
    const within = entries.filter(([key]) => key >= start && key < end);
    assert.equal(map.size, entries.length);
    assert.equal(map.count(start, end), within.length);
    assert.deepEqual(
      map.valuesIn(start, end),
      within.map(([, value]) => value),
    );
    assert.equal(map.count(start), entries.filter(([key]) => key >= start).length);
    const below = entries.filter(([key]) => key < end);
    assert.deepEqual([...map.entriesBefore()], entries.toReversed());
    assert.deepEqual([...map.entriesBefore(end)], below.toReversed());
  });
  const details = fc.check(property, { numRuns, includeErrorInReport: true });
  return details.failed ? fc.defaultReportMessage(details) : undefined;
}
