import test from 'ava';
import { ClusterError } from '../../src/errors/cluster-error.ts';
import { decodeQuery, encodeAnswer } from '../../src/machines/query.ts';
import { clientOfFakes, type FakeServer } from '../fixtures/fake-servers.ts';
import { checkPages } from './pages-check.ts';

/* Whatever the servers do: a page of objects leaves none out and gives none another's number. */

const lastSeq = 10;

type Holding = {
  readonly id: string;
  readonly leads?: boolean;
  /** The objects that it shows when it is asked for these; undefined: it says it cannot. */
  readonly shows: (from: number, limit: number) => readonly number[] | undefined;
  readonly firstKept?: number;
  /** How many objects it knows of. */
  readonly last?: number;
};

function fake({ id, leads = false, shows, firstKept = 1, last = lastSeq }: Holding): FakeServer {
  return {
    Query: ({ request }, callback) => {
      const { from, limit } = decodeQuery('journal.entries', request.fields);
      if (request.consistency === 'CONSISTENCY_QUORUM' && !leads) {
        const refused = { reason: 'REFUSAL_NOT_LEADER', leader: 'n0', detail: 'n0 leads' } as const;
        callback(null, { refused });
        return;
      }
      const seqs = from > last ? [] : shows(from, limit);
      if (seqs === undefined) {
        const detail = `object ${from} cannot be read here`;
        callback(null, { refused: { reason: 'REFUSAL_UNREADABLE', detail } });
        return;
      }
      const entries = seqs.map(seq => ({ seq, term: 1, data: Buffer.from(`{"n":${seq}}`) }));
      const fields = encodeAnswer('journal.entries', { entries, lastSeq: last, firstKept });
      const view = { server: id, term: 1, appliedIndex: last, knownCommitIndex: last };
      callback(null, { answer: { fields, view, consistency: request.consistency } });
    },
  };
}

const whole = (from: number, limit: number): number[] =>
  Array.from({ length: Math.min(limit, lastSeq - from + 1) }, (_, place) => from + place);

const followers = [
  fake({ id: 'n1', shows: () => undefined }),
  fake({ id: 'n2', shows: whole }),
] as const;

const leaders: readonly (readonly [title: string, shows: Holding['shows']])[] = [
  ['says that it cannot read them', () => undefined],
  ['leaves some out in the middle', (from, limit) => whole(from, limit).filter(n => n !== 5)],
  ['begins too late', (from, limit) => whole(from, limit).slice(2)],
  ['shows nothing, though there is something', () => []],
  ['begins with another object', (_, limit) => whole(1, limit).map(n => n + 7)],
  ['shows one twice', (from, limit) => whole(from, limit).flatMap(n => (n === 4 ? [4, 4] : [n]))],
];

for (const [title, shows] of leaders) {
  test(`a leader that ${title}: the page comes whole from another server`, async t => {
    const leader = fake({ id: 'n0', leads: true, shows });
    const client = await clientOfFakes(t, [leader, ...followers]);
    const page = await client.readEntries({ from: 2, limit: 6 }, 5000);
    t.deepEqual(
      page.entries.map(({ seq, data }) => [seq, Buffer.from(data).toString()]),
      [2, 3, 4, 5, 6, 7].map(seq => [seq, `{"n":${seq}}`]),
    );
    // How far there are objects is said by the leader: the read stays linearizable.
    t.is(page.server, 'n0');
    t.is(page.lastSeq, lastSeq);
  });
}

test('where no server has them whole, that is said, and nothing is shown', async t => {
  const client = await clientOfFakes(t, [
    fake({ id: 'n0', leads: true, shows: () => [] }),
    fake({ id: 'n1', shows: () => undefined }),
    fake({ id: 'n2', shows: (from, limit) => whole(from, limit).slice(1) }),
  ]);
  const error = await client.readEntries({ from: 2, limit: 6 }, 5000).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  t.true(error instanceof ClusterError);
  if (!(error instanceof ClusterError)) return;
  t.is(error.code, 'unreadable');
  t.is(error.outcome, 'rejected');
  t.regex(error.message, /n0 leaves out object 2; object 2 cannot be read here; n2 leaves out/);
});

test('a server that knows more than the leader had told shows no more than that', async t => {
  const leader = fake({ id: 'n0', leads: true, shows: () => undefined, last: 6 });
  const client = await clientOfFakes(t, [leader, ...followers]);
  const page = await client.readEntries({ from: 4, limit: 100 }, 5000);
  t.deepEqual(
    page.entries.map(({ seq }) => seq),
    [4, 5, 6],
  );
});

test('the page of one server is whole, too, or refused', async t => {
  const client = await clientOfFakes(t, [
    fake({ id: 'n0', leads: true, shows: whole }),
    fake({ id: 'n1', shows: (from, limit) => whole(from, limit).filter(n => n !== 3) }),
  ]);
  const good = await client.readEntriesAt('n0', { from: 2, limit: 3 }, 5000);
  t.is(good.entries.length, 3);
  await t.throwsAsync(client.readEntriesAt('n1', { from: 2, limit: 3 }, 5000), {
    message: 'n1 leaves out object 3',
  });
});

test('what is whole has no gap, and every page from which something was taken has one', t => {
  t.is(checkPages(), undefined);
});
