import test from 'ava';
import { hashOf } from '../../../src/machines/frame/text-hash.ts';
import { bytesPerUse, UseTable } from '../../../src/machines/frame/use-table.ts';
import { checkUseTable } from './use-table-check.ts';

test('what was added is found until it is dropped, the oldest first, also through captures', t => {
  t.is(checkUseTable(50), undefined);
});

test('texts are hashed as MurmurHash3 (x86, 128 bits) hashes their UTF-16', t => {
  const vectors: readonly (readonly [string, readonly number[]])[] = [
    ['', [0, 0, 0, 0]],
    ['a', [0x033bb196, 0xccef4fe1, 0xccef4fe1, 0xccef4fe1]],
    ['order', [0xb5b86698, 0x019cf487, 0x391df8a1, 0x73d40d25]],
    ['59e5ad7d-a72d-406f-a48e-284752af9e81', [0x3c721bff, 0x32f1d253, 0xd35165a5, 0x3904a4fe]],
    ['äöü€ key 8ch', [0x59e1eb0a, 0x94c800a1, 0xe45d13fc, 0x3e27f5e7]],
  ];
  for (const [text, hash] of vectors) t.deepEqual([...hashOf(text)], hash, text);
});

test('what is forgotten leaves its room to others, also in the middle of a page, also restored', t => {
  const filled = (from: number): UseTable => {
    const table = new UseTable();
    for (let index = 1; index <= 100; index += 1) {
      const answer = Buffer.alloc(index < 50 ? 2000 : 10);
      table.add(`${index}`, 'use', { term: 1, index, atMs: index, answer });
    }
    for (let count = 1; count < from; count += 1) table.dropOldest();
    return table;
  };
  t.is(filled(50).sizeBytes, 51 * (bytesPerUse + 10));
  t.is(filled(1).sizeBytes - filled(2).sizeBytes, bytesPerUse + 2000);
  const restored = new UseTable();
  for (const page of filled(20).capture()) restored.restore(page);
  t.is(restored.sizeBytes, filled(20).sizeBytes);
});

test('a page does not grow without bound, however long the answers are', t => {
  const table = new UseTable();
  const answer = Buffer.alloc(60_000);
  for (let index = 1; index <= 100; index += 1) {
    table.add(`${index}`, 'use', { term: 1, index, atMs: index, answer });
  }
  for (const { answersBytes } of table.capture()) t.true(answersBytes <= 2 * 65_536);
});
