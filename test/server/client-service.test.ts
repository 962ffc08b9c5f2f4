import { EventEmitter } from 'node:events';
import test from 'ava';
import { clientService } from '../../src/server/client-service.ts';
import type { Refused } from '../../src/transport/generated/gossipraft/Refused.ts';
import { ClientToServer } from '../../src/transport/proto-definitions.ts';

type Reply = { readonly refused?: Refused; readonly ended?: Refused };

/** A context in which nothing but the cluster may be looked at before a request is refused. */
const context = { cluster: () => ({ clusterId: 'an-id', clusterName: 'test' }) };
const foreign = { clusterId: 'another-id', clusterName: 'test' };

/** Asks it as its kind wants to be asked, and waits for what comes back. */
function ask(name: string): Promise<Reply> {
  const handlers: Readonly<Record<string, unknown>> = clientService(context as never);
  const handle = handlers[name] as (call: unknown, callback?: unknown) => void;
  return new Promise(resolve => {
    const call = Object.assign(new EventEmitter(), {
      request: foreign,
      sendMetadata: () => undefined,
      write: resolve,
      end: (reply?: Reply) => reply !== undefined && resolve(reply),
      writableLength: 0,
    });
    handle(call, (_: unknown, reply: Reply) => resolve(reply));
    call.emit('data', foreign);
  });
}

test('whatever is asked, it is refused when another cluster is meant', async t => {
  const names = Object.keys(ClientToServer.service);
  t.true(names.length >= 8);
  for (const name of names) {
    const { refused, ended } = await ask(name);
    t.is((refused ?? ended)?.reason, 'REFUSAL_WRONG_CLUSTER', name);
  }
});
