import test from 'ava';
import { checkPullStreams, checkTailBytes } from './pull-streams.ts';

test('a puller is given whole entries in their order, whatever happens to the stream', t => {
  t.is(checkPullStreams(300), undefined);
});

test('entries that are kept hold no bytes of others', t => {
  t.is(checkTailBytes(), undefined);
});
