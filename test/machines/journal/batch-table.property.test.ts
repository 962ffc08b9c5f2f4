import test from 'ava';
import fc from 'fast-check';
import { BatchTable, type PostedBatch } from '../../../src/machines/journal/batch-table.ts';

const step = fc.record({
  count: fc.integer({ min: 1, max: 60 }),
  /** Of so many ids: some come again. */
  ids: fc.constantFrom(3, 40, 100_000),
  isCapture: fc.constantFrom(false, false, true),
});

test('the newest batches are found by their ids, also through captures, and older ones are not', t => {
  const plans = fc.array(step, { maxLength: 30, size: 'max' });
  const property = fc.property(plans, fc.constantFrom(1, 50, 3000), (steps, rowsMax) => {
    let table = new BatchTable(rowsMax);
    const all: { readonly id: string; readonly batch: PostedBatch }[] = [];
    for (const { count, ids, isCapture } of steps) {
      for (let turn = 0; turn < count; turn += 1) {
        const first = all.length + 1;
        const id = `batch ${(first * 7919) % ids}`;
        const batch = { first, last: first, term: 1, index: first };
        table.set(id, batch);
        all.push({ id, batch });
      }
      if (!isCapture) continue;
      const held = table.capture();
      table.set('later', { first: 1, last: 1, term: 1, index: 1 });
      table = new BatchTable(rowsMax);
      for (const { id, ...batch } of held) table.add(id, batch);
    }
    const kept = new Map(all.slice(-rowsMax).map(({ id, batch }) => [id, batch]));
    t.is(table.size, Math.min(all.length, rowsMax));
    for (const { id } of all) t.deepEqual(table.get(id), kept.get(id));
    t.is(table.get('later'), undefined);
  });
  fc.assert(property, { numRuns: 100, includeErrorInReport: true });
});
