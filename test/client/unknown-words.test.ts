import test from 'ava';
import { ClusterError } from '../../src/errors/cluster-error.ts';
import { clientOfFakes } from '../fixtures/fake-servers.ts';

/* A server of a later version answers in words that this client has never heard. */

const view = { server: 'n0', term: 1, appliedIndex: 5, knownCommitIndex: 5 };

const put = { batchId: 'b', idempotencyKey: undefined, fingerprint: undefined, count: 1 };
const data = Buffer.from('[{}]');
const batch = { ...put, data };

const failure = async (promise: Promise<unknown>): Promise<ClusterError> => {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ClusterError) return error;
    throw error;
  }
  throw new Error('it was answered');
};

/** The number that some later version gives to a reason of its own. */
const unknownReason = 77 as never;

for (const [title, reason, code] of [
  ['a full disk', 'REFUSAL_DISK_FULL', 'diskFull'],
  ['an unknown reason', unknownReason, 'notUnderstood'],
  ['no reason', 'REFUSAL_UNSPECIFIED', 'notUnderstood'],
] as const) {
  test(`a put is refused for ${title}: rejected, at once`, async t => {
    const client = await clientOfFakes(t, [
      {
        PutEntries: call => {
          call.on('data', ({ requestId }) =>
            call.write({ requestId, refused: { reason, detail: 'so it is' } }),
          );
        },
      },
    ]);
    const startedAt = performance.now();
    const error = await failure(client.put(batch, 10_000));
    t.is(error.code, code);
    t.is(error.outcome, 'rejected');
    t.regex(error.message, /so it is/);
    t.true(performance.now() - startedAt < 8000);
  });

  test(`a read is refused for ${title}`, async t => {
    const client = await clientOfFakes(t, [
      {
        ReadEntries: (_, callback) => callback(null, { refused: { reason, detail: 'so it is' } }),
      },
    ]);
    const error = await failure(client.readEntries({ from: 1, limit: 1 }, 3000));
    t.is(error.code, code);
    t.is(error.message, 'so it is');
  });
}

test('a leader without room for a session: the disk is what is told, not a missing leader', async t => {
  const refused = { reason: 'REFUSAL_DISK_FULL', detail: 'the disk is full' } as const;
  const client = await clientOfFakes(t, [
    { OpenSession: (_, callback) => callback(null, { refused }) },
  ]);
  const error = await failure(client.put(batch, 500));
  t.is(error.code, 'diskFull');
  t.is(error.outcome, 'rejected');
});

for (const [title, result] of [
  ['what is no JSON', '\u0000\u0001'],
  ['no object', 'null'],
  ['a kind that nobody knows', '{"kind":"teleported"}'],
] as const) {
  test(`an acknowledgement with ${title}: it may have had its effect, and nothing crashes`, async t => {
    let acks: { write(reply: object): void } | undefined;
    const client = await clientOfFakes(t, [
      {
        AckEntries: call => {
          acks = call;
          call.write({ acks: [] });
        },
        PutEntries: call => {
          call.on('data', ({ requestId }) => {
            call.write({ requestId, accepted: { term: 1, index: 6 } });
            acks?.write({ acks: [{ sequence: 1, result: Buffer.from(result) }] });
          });
        },
      },
    ]);
    const error = await failure(client.put(batch, 10_000));
    t.is(error.code, 'outcomeUnknown');
    t.is(error.outcome, 'unknown');
  });
}

test('a description in unknown words is one sentence', async t => {
  const client = await clientOfFakes(t, [
    {
      DescribeServer: (_, callback) =>
        callback(null, {
          description: { server: 'n0', facts: [{ fact: { owner: 'n0', role: 99 as never } }] },
        }),
    },
  ]);
  const error = await failure(client.describe('n0', 3000));
  t.is(error.code, 'notUnderstood');
  t.regex(error.message, /^n0 answers in words that are not known here/);
});

test('a read with a consistency that nobody knows is answered, as the weakest', async t => {
  const client = await clientOfFakes(t, [
    {
      ReadKeys: (_, callback) =>
        callback(null, { page: { entries: [], revision: 5, consistency: 42 as never, view } }),
    },
  ]);
  const range = { start: '' as never, end: '' as never, limit: 1, withValues: true };
  const page = await client.readKeys({ consistency: 'lease', ...range }, 3000);
  t.is(page.consistency, 'local');
});
