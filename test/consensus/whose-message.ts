import { leapMax } from '../../src/consensus/plausible.ts';
import type { Replica } from '../../src/consensus/replica.ts';
import type {
  ClusterId,
  Config,
  DirectoryId,
  Effect,
  Envelope,
  Fact,
  Message,
  MessageBody,
} from '../../src/consensus/types.ts';
import { countMax } from '../../src/words.ts';
import { type Demand, unmetOf } from './demand.ts';
import {
  at,
  clusterId,
  directoryOf,
  fact,
  happen,
  makeLeader,
  messageTo0,
  nodeId,
  ofType,
  replica,
  threeServers,
} from './fixtures.ts';

/* What is believed from whom, as a list of demands: for the tests, and for planted bugs. */

const greeting: MessageBody = { type: 'heartbeat', probeMs: 0 };

function hear(
  server: Replica,
  fields: Partial<Envelope>,
  own: Fact,
  body: MessageBody = greeting,
): Effect[] {
  const { envelope } = messageTo0(body, [own]);
  const message = { envelope: { ...envelope, ...fields }, body };
  return happen(server, 100, { type: 'message', message });
}

const configOf = (names: readonly string[], directory = directoryOf, term = 5): Config => ({
  clusterId,
  id: { term, version: 9 } as Config['id'],
  members: names.map(name => ({
    id: nodeId(name),
    address: `${name}:1`,
    hasMoved: false,
    directoryId: directory(name),
    isVoter: true,
    isLeaving: false,
  })),
});

const elsewhere = (name: string): DirectoryId => `elsewhere-${name}` as DirectoryId;

/** Is the configuration on the disk of n0 after n1 (or another one) has sent it? */
function isAdopted(config: Config, own: Fact, fields: Partial<Envelope> = {}): boolean {
  const effects = hear(replica({ term: 1 }), { config, ...fields }, own);
  return ofType(effects, 'persistConfig').length > 0;
}

const isUntouched = (server: Replica, effects: readonly Effect[]): boolean =>
  effects.every(({ type }) => type === 'tell') &&
  server.term === 1 &&
  server.config?.id.version === 1 &&
  server.facts.size === 0;

const adoption: readonly Demand[] = [
  {
    title: 'nothing of another cluster is read, not even from a member of ours by directory',
    holds: () => {
      const server = replica({ term: 1 });
      const fields = { clusterId: 'another' as ClusterId, term: 7 as never };
      const config = configOf(['n0', 'n1', 'n2']);
      return isUntouched(server, hear(server, { ...fields, config }, fact('n1', { term: 7 })));
    },
  },
  {
    title: 'a configuration of other directories is not adopted, whatever its names are',
    holds: () => {
      const own = fact('n1', { directoryId: elsewhere('n1') });
      return !isAdopted(configOf(['n0', 'n1', 'n2'], elsewhere), own);
    },
  },
  {
    title: 'a configuration with no voter of ours is not adopted, not even from a member',
    holds: () => !isAdopted(configOf(['n5', 'n6', 'n7']), fact('n1')),
  },
  {
    title: 'a configuration that follows from ours is adopted from a member of ours',
    holds: () => isAdopted(configOf(['n1', 'n5', 'n6']), fact('n1')),
  },
  {
    title: 'or from one of its own members that is none of ours',
    holds: () => isAdopted(configOf(['n1', 'n5', 'n6']), fact('n5')),
  },
  {
    title: 'but not from anybody else',
    holds: () =>
      !isAdopted(configOf(['n1', 'n2', 'n5']), fact('n9')) &&
      !isAdopted(configOf(['n1', 'n2', 'n5']), fact('n1', { directoryId: elsewhere('n1') })),
  },
  {
    title: 'who slept while all others were replaced is reached by what names its directory',
    holds: () => {
      const { members, ...rest } = configOf(['n0', 'n5', 'n6']);
      // It was made a learner meanwhile: no voter is left of those that it knows.
      const named = members.map(member => ({ ...member, isVoter: member.id !== 'n0' }));
      return isAdopted({ ...rest, members: named }, fact('n5'));
    },
  },
  {
    title: 'a configuration that says it is of another cluster than its message is not adopted',
    holds: () =>
      !isAdopted({ ...configOf(['n0', 'n1']), clusterId: 'another' as ClusterId }, fact('n1')),
  },
];

/** Numbers that end a server which believes them. */
const tooFar: readonly number[] = [Number.NaN, -1, 2 ** 53 - 1, 2 ** 53, Number.POSITIVE_INFINITY];

/** All copies of a message in which one of its numbers is another one. */
export function* withEachNumber(value: unknown, by: number): Generator<unknown> {
  if (typeof value === 'number') yield by;
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  for (const [key, part] of Object.entries(value)) {
    for (const changed of withEachNumber(part, by)) {
      yield Array.isArray(value)
        ? value.map((other, place) => (String(place) === key ? changed : other))
        : { ...value, [key]: changed };
    }
  }
}

const position = at(1, 3);
const entry = { index: 4, term: 1, wallMs: 5, kind: 'command', payload: new Uint8Array(1) };
export const bodies = [
  { type: 'heartbeat', probeMs: 1 },
  { type: 'heartbeatReply', probeMs: 1, staleMs: 1, upTo: position },
  { type: 'requestVote' },
  { type: 'requestVoteReply' },
  {
    type: 'pullEntries',
    pullId: 1,
    prev: position,
    logGeneration: 1,
    consumedBytes: 1,
    windowBytes: 1,
  },
  {
    type: 'pullBatch',
    pullId: 1,
    prev: position,
    entries: [entry],
    sourceLast: position,
    path: [nodeId('n1')],
  },
  {
    type: 'pullRefused',
    pullId: 1,
    prev: position,
    logGeneration: 1,
    reason: 'diverged',
    sourceLast: position,
    hint: position,
  },
  { type: 'updatePosition' },
  { type: 'updatePositionReply' },
] as unknown as readonly MessageBody[];

/** An envelope with everything in it, so that every number has its turn. */
export const wholeEnvelope = (): Envelope => ({
  ...messageTo0(greeting, [fact('n1', { term: 1 }), fact('n2', { term: 1 })]).envelope,
  config: { ...threeServers, id: { term: 1, version: 2 } as Config['id'] },
  digest: [{ owner: nodeId('n1'), incarnation: 1, sequence: 1 }],
});

/** What a server must not believe: the messages of this kind that had an effect all the same. */
function believed(body: MessageBody, by: number): string[] {
  const found: string[] = [];
  for (const changed of withEachNumber({ envelope: wholeEnvelope(), body }, by)) {
    const server = replica({ term: 1 });
    const effects = happen(server, 100, { type: 'message', message: changed as Message });
    if (!isUntouched(server, effects)) found.push(`${body.type} with ${by}`);
  }
  return found;
}

const bounds: readonly Demand[] = [
  ...tooFar.map(by => ({
    title: `no number of any message may be ${by}`,
    holds: () => bodies.flatMap(body => believed(body, by)).length === 0,
  })),
  {
    title: 'a term beyond all that elections can have made is refused, a later one is followed',
    holds: () => {
      const far = replica({ term: 1 });
      hear(far, { term: (2 + leapMax) as never }, fact('n1', { term: 2 + leapMax }));
      const near = replica({ term: 1 });
      hear(near, { term: leapMax as never }, fact('n1', { term: leapMax }));
      return far.term === 1 && near.term === leapMax;
    },
  },
  {
    title: 'whatever is believed can still be counted up, and read at the next start',
    holds: () => {
      const server = replica({ term: countMax - 1 });
      hear(server, { term: (countMax + 1) as never }, fact('n1', { term: countMax + 1 }));
      const isHeld = server.term === countMax - 1;
      makeLeader(server, 5000);
      return isHeld && Number.isSafeInteger(server.term + 1);
    },
  },
  {
    title: 'an answer to a question that is still to come proves nothing',
    holds: () => {
      const server = replica({ term: 1 });
      const body = { type: 'heartbeatReply', probeMs: 101, staleMs: 0, upTo: at(0, 0) } as const;
      hear(server, {}, fact('n1', { term: 1 }), body);
      return server.freshness.horizon === undefined;
    },
  },
];

export const demands: readonly Demand[] = [...adoption, ...bounds];

/** What is believed although it should not be, or the other way round. */
export const checkWhoseMessage = (): string[] => unmetOf(demands);
