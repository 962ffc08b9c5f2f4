import test from 'ava';
import { ClusterError } from '../../src/errors/cluster-error.ts';
import { keyRange } from '../../src/machines/keys/key-range.ts';
import { encodeAnswer } from '../../src/machines/query.ts';
import { append, only } from '../fixtures/commands.ts';
import { clientOfFakes } from '../fixtures/fake-servers.ts';

/* A server of a later version answers in words that this client has never heard. */

const view = { server: 'n0', term: 1, appliedIndex: 5, knownCommitIndex: 5 };

const batch = only(append('b', 1, '[{}]'));

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
    const error = await failure(client.transact(batch, { timeoutMs: 10_000 }));
    t.is(error.code, code);
    t.is(error.outcome, 'rejected');
    t.regex(error.message, /so it is/);
    t.true(performance.now() - startedAt < 8000);
  });

  test(`a read is refused for ${title}`, async t => {
    const client = await clientOfFakes(t, [
      {
        Query: (_, callback) => callback(null, { refused: { reason, detail: 'so it is' } }),
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
  const error = await failure(client.transact(batch, { timeoutMs: 500 }));
  t.is(error.code, 'diskFull');
  t.is(error.outcome, 'rejected');
});

for (const [title, result] of [
  ['a kind that nobody knows', '\u0063\u0001'],
  ['no byte', ''],
  ['a byte too many', '\u0006\u0000'],
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
    const error = await failure(client.transact(batch, { timeoutMs: 10_000 }));
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

for (const [title, answer] of [
  ['a consistency that nobody knows', { consistency: 42 as never, view }],
  ['fields that nobody knows', { consistency: 'CONSISTENCY_LEASE', view, fields: Buffer.of(99) }],
  ['no view', { consistency: 'CONSISTENCY_LEASE' }],
  ['a place beyond all numbers', { view: { ...view, appliedIndex: 2 ** 53 } }],
] as const) {
  test(`an answer with ${title} is not taken for one`, async t => {
    const fields = encodeAnswer('keys.range', { ...nothing, count: 0, revision: 5, oldest: 0 });
    const client = await clientOfFakes(t, [
      { Query: (_, callback) => callback(null, { answer: { fields, ...answer } }) },
    ]);
    const demand = { consistency: 'lease' } as const;
    const asked = client.query('keys.range', keyRange({ limit: 1 }), demand, 3000);
    const error = await failure(asked);
    t.is(error.code, 'notUnderstood');
    t.is(error.outcome, 'rejected');
  });
}

const nothing = { items: [], next: undefined, isMore: false };
