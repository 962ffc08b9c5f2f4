import test from 'ava';
import { readConsistency, writeConsistency } from '../../src/server/wire-consistency.ts';
import { Consistency } from '../../src/transport/generated/gossipraft/Consistency.ts';

test('every consistency of the wire is known, and travels there and back', t => {
  for (const wireName of Object.values(Consistency)) {
    const consistency = readConsistency(wireName);
    t.truthy(consistency, wireName);
    if (consistency !== undefined) t.is(writeConsistency(consistency), wireName);
  }
});

test('a consistency that is unknown is none, and never taken for the weakest', t => {
  for (const wireName of ['', '4', 'CONSISTENCY_STRONGEST', 'constructor']) {
    t.is(readConsistency(wireName), undefined, wireName);
  }
});
