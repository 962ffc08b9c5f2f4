import { aimedAt, inFile, type Mutant } from './mutant.ts';

const gatewayMutant = aimedAt('gateway');

const host = 'gateway/known-host.ts';
const page = 'client/journal-page.ts';
const member = 'client/member-view.ts';
const health = 'client/health.ts';
const words = 'gateway/watch-words.ts';

/** Bugs in what a client server decides on its own. */
export const gatewayMutants: readonly Mutant[] = [
  gatewayMutant(
    'a name that begins like an address is served (DNS rebinding)',
    inFile(host, 'isIPv4(name) ||', '/^\\d+\\.\\d+\\.\\d+\\.\\d+/.test(name) ||'),
  ),
  gatewayMutant(
    'a name that ends like a listed one is served',
    inFile(host, 'withoutDot(other) === name', 'name.endsWith(withoutDot(other))'),
  ),
  gatewayMutant(
    'a page of objects may leave some out in the middle',
    inFile(page, 'seq !== first.seq + at', 'seq < first.seq + at'),
  ),
  gatewayMutant(
    'a page of objects may begin too late',
    inFile(page, ' && first.seq <= firstKept', ''),
  ),
  gatewayMutant(
    'an empty page is whole, whatever there is',
    inFile(page, 'return expected <= lastSeq ? expected : undefined;', 'return undefined;'),
  ),
  gatewayMutant(
    'whoever the leader has ever heard follows it',
    inFile(
      member,
      'return ageMs + seenAgeMs <= own.fact.timing.electionTimeoutMs;',
      'return ageMs + seenAgeMs >= 0;',
    ),
  ),
  gatewayMutant(
    'a server that speaks, and has seen no round of the leader for long, follows it',
    inFile(member, 'return ageMs + seenAgeMs <=', 'return ageMs <='),
  ),
  gatewayMutant(
    'a voter without a vote helps to survive failures',
    inFile(health, 'sound.length - quorumSize', 'following.length - quorumSize'),
  ),
  gatewayMutant(
    'whoever is awaited is not missed',
    inFile(
      health,
      "|| standing === 'voter') return inWay;",
      '|| inWay.length === 0) return inWay;',
    ),
  ),
  gatewayMutant(
    'an event counts as seen before its revision is told whole',
    inFile(
      words,
      'if (changes[place + 1]?.revision !== revision) seen = revision;',
      'seen = revision;',
    ),
  ),
  gatewayMutant(
    'who comes back is told the last revision once more',
    inFile(words, 'revision > seen);', 'revision >= seen);'),
  ),
  gatewayMutant(
    'a watcher that was told that it is too slow is still pinged',
    inFile(
      'gateway/event-response.ts',
      'if (!this.#response.writableEnded) this',
      'if (this.seen >= 0) this',
    ),
  ),
];
