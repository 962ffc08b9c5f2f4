import test from 'ava';
import fc from 'fast-check';
import type {
  Entry,
  Envelope,
  Fact,
  MessageBody,
  PullBatch,
  Role,
} from '../../src/consensus/types.ts';
import { Assembly, pieceMaxBytes, wholeMaxBytes } from '../../src/transport/pieces.ts';
import { ServerToServer } from '../../src/transport/proto-definitions.ts';
import {
  readEnvelope,
  readFact,
  writeEnvelope,
  writeFact,
} from '../../src/transport/wire-gossip.ts';
import { readMemberChange } from '../../src/transport/wire-members.ts';
import {
  readHeartbeatReply,
  readPullEntries,
  readPullReply,
  writeHeartbeatReply,
  writePullReply,
} from '../../src/transport/wire-messages.ts';
import { countMax, leaseMaxMs } from '../../src/words.ts';
import { at, entriesOf, fact } from '../consensus/fixtures.ts';
import { bodies, wholeEnvelope, withEachNumber } from '../consensus/whose-message.ts';

/* Through the real encoder and decoder: what a server says is what its peer hears. */

const { service } = ServerToServer;
const overWire = <Key extends 'Heartbeat' | 'PullEntries'>(
  method: Key,
  side: 'request' | 'response',
  message: object,
) =>
  side === 'request'
    ? service[method].requestDeserialize(service[method].requestSerialize(message as never))
    : service[method].responseDeserialize(service[method].responseSerialize(message as never));

const whole = fc.integer({ min: 0, max: countMax });
const name = fc.string({ minLength: 1, maxLength: 20 });
const position = fc.record({ term: whole, index: whole });
const roles: Role[] = ['fresh', 'follower', 'preCandidate', 'candidate', 'leader'];
const leases = fc.double({ min: 0, max: leaseMaxMs, noNaN: true });
const anyFact = fc.record({
  owner: name,
  directoryId: name,
  incarnation: whole,
  sequence: whole,
  term: whole,
  role: fc.constantFrom(...roles),
  leader: fc.option(name, { nil: undefined }),
  vote: fc.option(name, { nil: undefined }),
  support: fc.option(name, { nil: undefined }),
  seen: fc.record({ term: whole, round: whole }),
  seenAgeMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
  durable: position,
  last: position,
  commit: position,
  applied: whole,
  firstIndex: whole,
  logGeneration: whole,
  configId: fc.record({ term: whole, version: whole }),
  source: fc.option(name, { nil: undefined }),
  depth: fc.nat(100),
  pullerCount: fc.nat(100),
  isDiskStalled: fc.boolean(),
  isRecovering: fc.boolean(),
  olderLeaseMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
  seenLeaseMs: leases,
  timing: fc.record({
    heartbeatIntervalMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
    electionTimeoutMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
    leaseMs: leases,
  }),
  transferee: fc.option(name, { nil: undefined }),
  isTransferee: fc.boolean(),
  sponsor: fc.option(name, { nil: undefined }),
  commandLevel: whole,
  membersHash: fc.option(name, { nil: undefined }),
}) as unknown as fc.Arbitrary<Fact>;
const anyEnvelope = fc.record({
  clusterId: fc.option(name, { nil: undefined }),
  clusterName: name,
  from: name,
  fromDirectoryId: name,
  to: name,
  term: whole,
  facts: fc.array(
    fc.record({ fact: anyFact, ageMs: fc.double({ min: 0, max: 1e9, noNaN: true }) }),
  ),
  digest: fc.option(fc.array(fc.record({ owner: name, incarnation: whole, sequence: whole })), {
    nil: undefined,
  }),
  config: fc.option(
    fc.record({
      clusterId: fc.option(name, { nil: undefined }),
      id: fc.record({ term: whole, version: whole }),
      members: fc.array(
        fc.record({
          id: name,
          address: name,
          hasMoved: fc.boolean(),
          directoryId: fc.option(name, { nil: undefined }),
          isVoter: fc.boolean(),
          isLeaving: fc.boolean(),
        }),
      ),
    }),
    { nil: undefined },
  ),
}) as unknown as fc.Arbitrary<Envelope>;
const entry = fc.record({
  index: whole,
  term: whole,
  wallMs: whole,
  kind: fc.constantFrom('noop', 'command'),
  payload: fc.uint8Array(),
});
const anyReply = fc.oneof(
  fc.record({
    type: fc.constant('pullBatch'),
    pullId: whole,
    prev: position,
    entries: fc.array(entry),
    sourceLast: position,
    path: fc.array(name),
  }),
  fc.record({
    type: fc.constant('pullRefused'),
    pullId: whole,
    prev: position,
    logGeneration: whole,
    reason: fc.constantFrom('diverged', 'tooOld', 'notServing', 'truncated'),
    sourceLast: position,
    hint: position,
  }),
) as unknown as fc.Arbitrary<Extract<MessageBody, { type: 'pullBatch' | 'pullRefused' }>>;

const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, part) =>
      part instanceof Uint8Array ? Buffer.from(part).toString('hex') : part,
    ).replaceAll(/\{"type":"Buffer","data":\[([\d,]*)\]\}/g, (_, bytes: string) =>
      JSON.stringify(Buffer.from(bytes === '' ? [] : bytes.split(',').map(Number)).toString('hex')),
    ),
  );

test('envelopes round-trip, 64-bit numbers exactly', t => {
  fc.assert(
    fc.property(anyEnvelope, envelope => {
      const wire = overWire('Heartbeat', 'request', { envelope: writeEnvelope(envelope) });
      t.deepEqual(readEnvelope(wire.envelope as never), envelope);
    }),
    { numRuns: 200 },
  );
});

const assembly = () => new Assembly({ usedBytes: 0, maxBytes: wholeMaxBytes });
/** What the puller's transport hands to its core. */
const heard = (reply: Extract<MessageBody, { type: 'pullBatch' | 'pullRefused' }>) => {
  const parts = assembly();
  return [...writePullReply(reply)].map(part =>
    readPullReply(overWire('PullEntries', 'response', part) as never, parts),
  );
};

test('answers of a source round-trip', t => {
  fc.assert(
    fc.property(anyReply, reply => {
      t.deepEqual(plain(heard(reply)), plain([reply]));
    }),
    { numRuns: 200 },
  );
});

test('entries of any size come in messages that are small, whole and in their order', t => {
  const sizes = fc.array(fc.oneof(fc.nat(2000), fc.nat(4 * pieceMaxBytes)), { maxLength: 8 });
  fc.assert(
    fc.property(sizes, fc.nat(255), (payloadSizes, fill) => {
      const entries = payloadSizes.map((size, place) => ({
        ...(entriesOf([1], place + 8)[0] as Entry),
        payload: Buffer.alloc(size, fill + place).fill(place, size >> 1),
      }));
      const batch: PullBatch = {
        type: 'pullBatch',
        pullId: 3,
        prev: at(1, 7),
        entries,
        sourceLast: at(1, 100),
        path: [],
      };
      for (const { batch: part } of writePullReply(batch)) {
        const bytes = part?.entries?.reduce((sum, { payload }) => sum + (payload?.length ?? 0), 0);
        t.true((bytes ?? 0) <= pieceMaxBytes);
      }
      const messages = heard(batch) as PullBatch[];
      const received = messages.flatMap(message => message.entries);
      t.is(received.length, entries.length);
      for (const [place, { payload, ...rest }] of entries.entries()) {
        const { payload: other, ...header } = received[place] as Entry;
        t.deepEqual(header, rest);
        t.true(payload.equals(other));
      }
      let index = 7;
      for (const { prev, entries: some, ...rest } of messages) {
        t.is(Number(prev.index), index);
        index += some.length;
        t.deepEqual(rest, { type: 'pullBatch', pullId: 3, sourceLast: at(1, 100), path: [] });
      }
    }),
    { numRuns: 40 },
  );
});

test('numbers that a double cannot hold, unknown roles and missing parts are refused', t => {
  const wireOf = (fields: object) => ({ ...fact('n1'), role: 'ROLE_LEADER', ...fields }) as never;
  t.throws(() => readFact(wireOf({ term: 2 ** 53 })), {
    message: /fact\.term is 9007199254740992/,
  });
  t.throws(() => readFact(wireOf({ role: 'ROLE_UNSPECIFIED' })), { message: /fact\.role/ });
  t.throws(() => readFact(wireOf({ durable: null })), { message: /fact\.durable is missing/ });
  t.throws(() => readFact(wireOf({ owner: '' })), { message: /fact\.owner/ });
  t.throws(() => readFact(wireOf({ seenAgeMs: Number.NaN })), { message: /fact\.seenAgeMs/ });
  t.throws(() => readFact(wireOf({ seenLeaseMs: leaseMaxMs + 1 })), { message: /an hour/ });
  const request = { pullId: 1, prev: null, logGeneration: 0, consumedBytes: 0, windowBytes: 0 };
  t.throws(() => readPullEntries(request as never), { message: /prev is missing/ });
  t.throws(() => readPullReply({ envelope: null } as never, assembly()), { message: /neither/ });
});

test('every number on the wire is checked: no NaN, nothing below 0, nothing too far', t => {
  const envelope = writeEnvelope(wholeEnvelope());
  const readers: (readonly [string, unknown, (wire: never) => unknown])[] = [
    ['envelope', overWire('Heartbeat', 'request', { envelope }).envelope, readEnvelope],
  ];
  for (const body of bodies) {
    if (body.type === 'heartbeatReply') {
      const wire = overWire('Heartbeat', 'response', writeHeartbeatReply(body));
      readers.push([body.type, wire, readHeartbeatReply]);
    } else if (body.type === 'pullEntries') {
      const { type: _, ...fields } = body;
      readers.push([body.type, overWire('PullEntries', 'request', fields), readPullEntries]);
    } else if (body.type === 'pullBatch' || body.type === 'pullRefused') {
      const [written = {}] = writePullReply(body);
      const wire = overWire('PullEntries', 'response', written);
      readers.push([body.type, wire, read => readPullReply(read, assembly())]);
    }
  }
  t.is(readers.length, 5);
  for (const [name, wire, read] of readers) {
    t.notThrows(() => read(wire as never), name);
    for (const by of [Number.NaN, -1, 2 ** 53 - 1, 2 ** 53, Number.POSITIVE_INFINITY]) {
      for (const changed of withEachNumber(wire, by)) {
        t.throws(() => read(changed as never), { message: /is / }, `${name} with ${by}`);
      }
    }
  }
});

test('unknown values of an enumeration are refused, never taken for another one', t => {
  const entry = { index: 1, term: 1, wallMs: 1, payload: new Uint8Array() };
  const position = { term: 1, index: 1 };
  const place = { pullId: 1, prev: position, sourceLast: position };
  for (const unknown of ['UNKNOWN', 99, 0, undefined]) {
    const role = { ...writeFact(fact('n1')), role: unknown };
    t.throws(() => readFact(role as never), { message: /fact\.role/ });
    const batch = { ...place, entries: [{ ...entry, kind: unknown }], path: [] };
    t.throws(() => readPullReply({ reply: 'batch', batch } as never, assembly()), {
      message: /entry\.kind/,
    });
    const refused = { ...place, logGeneration: 1, hint: position, reason: unknown };
    t.throws(() => readPullReply({ reply: 'refused', refused } as never, assembly()), {
      message: /reason/,
    });
    const change = { id: 'n1', change: unknown, remove: true, replaceDirectoryId: 'd' };
    t.throws(() => readMemberChange(change as never), { message: /no such change/ });
  }
  const notRemoved = { id: 'n1', change: 'remove', remove: false };
  t.throws(() => readMemberChange(notRemoved as never), { message: /no such change/ });
});
