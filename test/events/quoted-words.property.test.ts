import test from 'ava';
import fc from 'fast-check';
import { quoted, UnfinishedLine, wordsOf } from '../../src/events/quoted-words.ts';

test('words are separated by blanks, and quotes hold them together', t => {
  t.deepEqual(wordsOf('  SET  a "hello world" '), ['SET', 'a', 'hello world']);
  t.deepEqual(wordsOf(`SET a 'it says "x"'`), ['SET', 'a', 'it says "x"']);
  t.deepEqual(wordsOf('SET a "x \\" y"'), ['SET', 'a', 'x " y']);
  t.deepEqual(wordsOf('SET a ""'), ['SET', 'a', '']);
  t.deepEqual(wordsOf('a\\ b'), ['a b']);
  t.deepEqual(wordsOf(''), []);
});

test('a line that is not finished says so', t => {
  for (const line of ['SET a "x', "GET 'a", 'GET a"b', 'GET "a"b', 'x\\']) {
    t.throws(() => wordsOf(line), { instanceOf: UnfinishedLine }, line);
  }
});

test('what is quoted is read as it was', t => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), words => {
      t.deepEqual(wordsOf(words.map(quoted).join(' ')), words);
    }),
  );
});
