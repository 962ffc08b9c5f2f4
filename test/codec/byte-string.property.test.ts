import test from 'ava';
import fc from 'fast-check';
import { type ByteString, byteStringOf, endOfPrefix } from '../../src/codec/byte-string.ts';

/** Bytes of which many are 255. */
const bytes = fc
  .array(fc.oneof(fc.constant(255), fc.constant(254), fc.integer({ min: 0, max: 255 })), {
    maxLength: 5,
  })
  .map(list => byteStringOf(Uint8Array.from(list)));

const isBelow = (key: ByteString, end: ByteString): boolean => end === '' || key < end;

test('the keys from a prefix on and below its end are those that begin with it', t => {
  const property = fc.property(bytes, bytes, (prefix, key) => {
    const isWithin = key >= prefix && isBelow(key, endOfPrefix(prefix));
    t.is(isWithin, key.startsWith(prefix));
    const longer = `${prefix}${key}` as ByteString;
    t.true(longer >= prefix && isBelow(longer, endOfPrefix(prefix)));
  });
  fc.assert(property, { numRuns: 2000 });
});
