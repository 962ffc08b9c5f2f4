import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import test from 'ava';
import { streamOwners, streamsOf0, wireOf } from './stream-owners.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const usedBytes = (): number => {
  collectGarbage();
  return process.memoryUsage().heapUsed;
};

for (const { title, holds } of streamOwners) test(title, t => t.true(holds()));

test('nothing is kept of strangers that ask for a vote', t => {
  const { handlers, received } = streamsOf0();
  let answered = 0;
  const before = usedBytes();
  for (let count = 0; count < 20_000; count += 1) {
    const call = { getPeer: () => 'somewhere', request: { envelope: wireOf(`stranger${count}`) } };
    handlers.RequestVote(call as never, error => {
      if (error !== null) answered += 1;
    });
  }
  t.is(answered, 20_000, 'each has its answer at once');
  received.length = 0;
  const grownBytes = usedBytes() - before;
  t.true(grownBytes < 2 * 1024 * 1024, `${grownBytes} bytes are kept`);
  t.is(typeof handlers.RequestVote, 'function', 'the streams are still there');
});
