import type { ServerDescription } from '../../src/client/cluster-client.ts';
import { type ClusterView, joinViews } from '../../src/client/cluster-view.ts';
import type { Health } from '../../src/client/health.ts';
import type { Config, Fact, Member, Position, Term } from '../../src/consensus/types.ts';
import { at, fact, fresh, nodeId, threeServers, timings } from '../consensus/fixtures.ts';

/* What is said of the cluster, from what its servers say. */

export type Told = Partial<ServerDescription> & {
  readonly own?: Partial<Fact>;
  /** What the leader knows of it is so old. */
  readonly heardMs?: number;
  readonly member?: Partial<Member> | undefined;
  readonly isReachable?: boolean;
};

const term = 3;
const seen = { term: term as Term, round: 9 };
const position: Position = at(term, 7);

function factOf(id: string, own: Told['own'] = {}): Fact {
  const role = id === 'n0' ? 'leader' : 'follower';
  const standing = { leader: nodeId('n0'), seen, durable: position, commit: position };
  return { ...fact(id, { term, ...standing }), role, ...own };
}

/** n0 leads; of the others it is told what is different about them. */
export function viewOf(told: Readonly<Record<string, Told>>): ClusterView {
  const ids = Object.keys(told);
  const members = ids.map(
    (id): Member => ({
      id: nodeId(id),
      address: `localhost:${id.slice(1)}`,
      hasMoved: false,
      directoryId: factOf(id).directoryId,
      isVoter: true,
      isLeaving: false,
      ...told[id]?.member,
    }),
  );
  const config: Config = { ...threeServers, members };
  const facts = ids.map(id => fresh(factOf(id, told[id]?.own), told[id]?.heardMs ?? 0));
  const descriptions = ids
    .filter(id => told[id]?.isReachable !== false)
    .map(
      (id): ServerDescription => ({
        server: id,
        leader: 'n0',
        config,
        facts: [
          fresh(factOf(id, told[id]?.own)),
          ...facts.filter(({ fact: { owner } }) => owner !== id),
        ],
        connectedPeers: [],
        startedAtWallMs: 0,
        counters: undefined,
        leaseRemainingMs: 0,
        foreigners: [],
        openChanges: told[id]?.openChanges ?? [],
        isRecovering: told[id]?.isRecovering ?? false,
        damagedFiles: told[id]?.damagedFiles ?? [],
        isDiskFull: told[id]?.isDiskFull ?? false,
        version: '0.2.0',
        commandLevel: 1,
      }),
    );
  const servers = ids.map(id => ({ id, host: 'localhost', port: Number(id.slice(1)) }));
  return joinViews(servers, descriptions);
}

export const longAgoMs = timings.electionTimeoutMs + 1;

type Case = readonly [
  title: string,
  told: Readonly<Record<string, Told>>,
  health: Health,
  reason: RegExp,
  survives: number,
];

const awaited = { directoryId: undefined, isVoter: false };
export const healthCases: readonly Case[] = [
  ['all is well', { n0: {}, n1: {}, n2: {} }, 'GREEN', /^all 3 servers take part$/, 1],
  ['five servers', { n0: {}, n1: {}, n2: {}, n3: {}, n4: {} }, 'GREEN', /^all 5 servers/, 2],
  ['two servers', { n0: {}, n1: {} }, 'GREEN', /^all 2 servers take part$/, 0],
  ['one server', { n0: {} }, 'GREEN', /^the server takes part$/, 0],
  [
    'a server is down',
    { n0: {}, n1: {}, n2: { isReachable: false, heardMs: longAgoMs } },
    'YELLOW',
    /^n2 cannot be reached$/,
    0,
  ],
  [
    'a server is cut off from all others, and answers us',
    { n0: {}, n1: {}, n2: { heardMs: longAgoMs } },
    'YELLOW',
    /^n2 is cut off from n0, which leads$/,
    0,
  ],
  [
    'a server speaks, and has seen no round of the leader for long',
    { n0: {}, n1: {}, n2: { own: { seenAgeMs: longAgoMs } } },
    'YELLOW',
    /^n2 is cut off/,
    0,
  ],
  [
    'a server is in another term',
    { n0: {}, n1: {}, n2: { own: { term: 4 as Term } } },
    'YELLOW',
    /^n2 is cut off/,
    0,
  ],
  [
    'only we cannot reach a server',
    { n0: {}, n1: {}, n2: { isReachable: false } },
    'YELLOW',
    /^n2 cannot be reached from here$/,
    1,
  ],
  [
    'a replaced server is awaited, and two of three vote',
    { n0: {}, n1: {}, n2: { member: awaited, isReachable: false, heardMs: longAgoMs } },
    'YELLOW',
    /^n2 is awaited at localhost:2$/,
    0,
  ],
  [
    'a server catches up',
    { n0: {}, n1: {}, n2: {}, n3: { member: { isVoter: false } } },
    'YELLOW',
    /^n3 catches up$/,
    1,
  ],
  [
    'a server has lost its disk',
    { n0: {}, n1: {}, n2: { own: { role: 'fresh' }, heardMs: longAgoMs } },
    'YELLOW',
    /^n2 takes no part \(another data directory\)$/,
    0,
  ],
  [
    'a server has lost a part of its log',
    { n0: {}, n1: {}, n2: { isRecovering: true } },
    'YELLOW',
    /^n2 has lost a part of its log/,
    0,
  ],
  [
    'a disk does not keep up',
    { n0: {}, n1: {}, n2: { own: { isDiskStalled: true } } },
    'YELLOW',
    /^n2 has a disk that does not keep up$/,
    0,
  ],
  [
    'a disk is full',
    { n0: {}, n1: {}, n2: { isDiskFull: true } },
    'YELLOW',
    /^n2 has a full disk/,
    0,
  ],
  [
    'files are damaged',
    { n0: {}, n1: { damagedFiles: ['a', 'b', 'c', 'd', 'e'] }, n2: {} },
    'YELLOW',
    /^n1 has damage in its files \(a, b, c and 2 more\)$/,
    1,
  ],
  [
    'a server has other timings',
    { n0: {}, n1: {}, n2: { own: { timing: { ...timings, leaseMs: 77 } } } },
    'YELLOW',
    /^n2 has other timings than the leader \(leaseMs 77 instead of \d+\)$/,
    1,
  ],
  [
    'what two have in common is said once',
    {
      n0: {},
      n1: {},
      n2: {},
      n3: { isReachable: false, heardMs: longAgoMs },
      n4: { isReachable: false, heardMs: longAgoMs },
    },
    'YELLOW',
    /^n3, n4 cannot be reached$/,
    0,
  ],
  [
    'a leader that no majority follows',
    { n0: {}, n1: { heardMs: longAgoMs }, n2: { heardMs: longAgoMs } },
    'RED',
    /^n0 leads, and no majority follows it; n1, n2 are cut off from n0/,
    0,
  ],
  [
    'a leader that we cannot reach',
    { n0: { isReachable: false }, n1: {}, n2: {} },
    'RED',
    /^n0 leads, but cannot be reached from here/,
    0,
  ],
  [
    'nobody is there',
    { n0: { isReachable: false }, n1: { isReachable: false } },
    'RED',
    /^there is no leader/,
    0,
  ],
];

/** The first case of which something else is said. */
export function checkHealth(): string | undefined {
  const wrong = healthCases.find(([, told, health, reason, survives]) => {
    const view = viewOf(told);
    return view.health !== health || view.survives !== survives || !reason.test(view.reason);
  });
  return wrong === undefined ? undefined : `health: ${wrong[0]}`;
}
