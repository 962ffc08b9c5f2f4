import test from 'ava';
import type { Host } from '../../src/host/host.ts';
import { Requests } from '../../src/host/requests.ts';
import { leave, silence } from '../../src/server/leave.ts';

test('a leader that is handing over stops at once when all the others stop, too', async t => {
  const asked: string[] = [];
  const host = {
    view: () => ({ role: 'leader' }),
    isStopped: false,
    stop: () => asked.push('stop'),
    dispatch: ({ type }: { type: string }) => asked.push(type),
  };
  const requests = new Requests(host as never, { after: () => () => undefined });
  const context = { host: host as never as Host, requests };
  const left = leave(context);
  silence(context);
  await left;
  t.deepEqual(asked, ['transferLeadership', 'stop']);
});
