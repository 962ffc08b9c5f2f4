import test from 'ava';
import {
  Assembly,
  NoRoomForParts,
  partsOf,
  pieceMaxBytes,
  type Room,
  wholeMaxBytes,
} from '../../src/transport/pieces.ts';

const roomOf = (maxBytes = wholeMaxBytes): Room => ({ usedBytes: 0, maxBytes });
const whole = Buffer.alloc(2.5 * pieceMaxBytes).map((_, place) => place % 251);
const [first, second, third] = [...partsOf(whole)];
if (first === undefined || second === undefined || third === undefined) {
  throw new Error('two and a half pieces are three parts');
}

test('parts become a whole when the last one is there, and then take no room', t => {
  const room = roomOf();
  const assembly = new Assembly(room);
  t.is(assembly.take('a', first.bytes, first.piece), undefined);
  t.is(assembly.take('a', second.bytes, second.piece), undefined);
  t.is(room.usedBytes, 2 * pieceMaxBytes);
  t.deepEqual(Buffer.from(assembly.take('a', third.bytes, third.piece) ?? []), whole);
  t.is(room.usedBytes, 0);
});

test('what is announced takes no memory, only what has come', t => {
  const room = roomOf();
  const before = process.memoryUsage().arrayBuffers;
  const announced = { offset: 0, totalBytes: wholeMaxBytes };
  const assemblies = Array.from({ length: 50 }, () => new Assembly(room));
  for (const assembly of assemblies) assembly.take('a', first.bytes, announced);
  t.is(room.usedBytes, 50 * pieceMaxBytes);
  t.true(process.memoryUsage().arrayBuffers - before < wholeMaxBytes);
});

test('a first part begins anew; any other one must continue', t => {
  const assembly = new Assembly(roomOf());
  const refused = { name: 'MalformedMessage', message: /does not follow what came before/ };
  t.throws(() => assembly.take('a', second.bytes, second.piece), refused);
  assembly.take('a', first.bytes, first.piece);
  t.throws(() => assembly.take('b', second.bytes, second.piece), refused);
  t.throws(() => assembly.take('a', third.bytes, third.piece), refused);
  const other = { ...second.piece, totalBytes: whole.length + 1 };
  t.throws(() => assembly.take('a', second.bytes, other), refused);
  assembly.take('b', first.bytes, first.piece);
  assembly.take('b', second.bytes, second.piece);
  t.deepEqual(Buffer.from(assembly.take('b', third.bytes, third.piece) ?? []), whole);
  assembly.take('c', first.bytes, first.piece);
  assembly.drop();
  t.throws(() => assembly.take('c', second.bytes, second.piece), refused);
});

test('parts that are tiny, too large, beyond the end or of too much are refused', t => {
  const assembly = new Assembly(roomOf());
  const take = (length: number, offset: number, totalBytes: number) => () =>
    assembly.take('a', Buffer.alloc(length), { offset, totalBytes });
  t.throws(take(0, 0, 0), { message: /^a part of 0 bytes/ });
  t.throws(take(1, 0, 1_000_000), { message: /^a part of 1 bytes/ });
  t.throws(take(pieceMaxBytes + 1, 0, 1_000_000), { message: /^a part of 262145 bytes/ });
  t.throws(take(20_000, 0, 19_999), { message: /^a part of 20000 bytes/ });
  t.throws(take(20_000, 0, wholeMaxBytes + 1), { message: /are more than 33554432/ });
  t.throws(take(20_000, 0.5, 40_000), { message: /piece.offset/ });
  t.throws(take(20_000, 0, 2 ** 60), { message: /piece.totalBytes/ });
});

test('who sends parts shares the room with the others, and gives it back', t => {
  const room = roomOf(3 * pieceMaxBytes);
  const assemblies = Array.from({ length: 4 }, () => new Assembly(room));
  const [one, , , last] = assemblies;
  for (const assembly of assemblies.slice(0, 3)) assembly.take('a', first.bytes, first.piece);
  t.throws(() => last?.take('a', first.bytes, first.piece), {
    instanceOf: NoRoomForParts,
  });
  one?.drop();
  t.is(last?.take('a', first.bytes, first.piece), undefined);
  t.is(room.usedBytes, 3 * pieceMaxBytes);
});
