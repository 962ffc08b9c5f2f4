import { isDeepStrictEqual } from 'node:util';
import { nextIncarnation } from '../../src/consensus/incarnation.ts';
import type { ClusterId, Config, DirectoryId, NodeId, Term } from '../../src/consensus/types.ts';
import { Random } from '../../src/simulation/random.ts';
import { DurableJsonAdapter, Metadata } from '../../src/storage/metadata.ts';
import { newDocument } from '../../src/storage/metadata-document.ts';
import { PowerLoss, SimulatedDisk } from './simulated-disk.ts';

const path = '/data/metadata.json';

/** All fields as they must be after a write. */
type Facts = Pick<
  Metadata,
  | 'incarnation'
  | 'term'
  | 'vote'
  | 'config'
  | 'leaseOwedMs'
  | 'isDeparted'
  | 'isRecovering'
  | 'isOutdated'
  | 'knownBoots'
> & { readonly logFloor: Metadata['logFloor'] };
/** One write, and what it alone changes. */
type Write = {
  readonly change: (before: Facts) => Partial<Facts>;
  readonly run: (metadata: Metadata) => void;
};

const nothing: Facts = {
  incarnation: 0,
  term: 0 as Term,
  vote: undefined,
  config: undefined,
  leaseOwedMs: 0,
  isDeparted: false,
  isRecovering: false,
  isOutdated: false,
  knownBoots: [],
  logFloor: undefined,
};

const boot: Write = {
  change: ({ incarnation }) => ({ incarnation: nextIncarnation(incarnation, 0.5) }),
  run: metadata => metadata.beginIncarnation(0.5),
};
const vote = (term: number, candidate?: string): Write => {
  const patch = { term: term as Term, vote: candidate as NodeId | undefined };
  return { change: () => patch, run: metadata => metadata.persistVote(patch.term, patch.vote) };
};
const configure = (version: number, ...ids: readonly string[]): Write => {
  const members = ids.map((id, place) => ({
    id: id as NodeId,
    address: `${id}:1`,
    hasMoved: place === 1,
    directoryId: place === 2 ? undefined : (`directory-${id}` as DirectoryId),
    isVoter: place !== 2,
    isLeaving: place === 0,
  }));
  const clusterId = version === 1 ? undefined : ('cluster' as ClusterId);
  const config: Config = { clusterId, id: { term: 1 as Term, version }, members };
  return { change: () => ({ config }), run: metadata => metadata.persistConfig(config) };
};
const update = (patch: Parameters<Metadata['update']>[0]): Write => ({
  change: () => patch,
  run: metadata => metadata.update(patch),
});

const writes: readonly Write[] = [
  boot,
  configure(1, 'n0', 'n1'),
  vote(1, 'n1'),
  update({ leaseOwedMs: 900 }),
  configure(2, 'n0', 'n1', 'n2'),
  boot,
  update({ logFloor: { firstIndex: 1, newestFirstIndex: 1, durableIndex: 7 } }),
  vote(2),
  update({ isRecovering: true }),
  vote(2, 'n2'),
  configure(3, 'n1', 'n2'),
  update({
    isRecovering: false,
    logFloor: { firstIndex: 4, newestFirstIndex: 9, durableIndex: 9 },
  }),
  boot,
  update({ isDeparted: true }),
  update({ isOutdated: true }),
  update({
    knownBoots: [{ id: 'n1' as NodeId, directoryId: 'd1' as DirectoryId, incarnation: 5 }],
  }),
  vote(3, 'n0'),
];

/** What all fields are after the first so many writes. */
function factsAfter(count: number): Facts {
  let facts = nothing;
  for (const { change } of writes.slice(0, count)) facts = { ...facts, ...change(facts) };
  return facts;
}

const owner = { clusterName: 'test', nodeId: 'n0', directoryId: 'directory-1' };
const open = (disk: SimulatedDisk): Metadata =>
  new Metadata(new DurableJsonAdapter(path, disk), newDocument(owner));

const isAsAfter = (metadata: Metadata, count: number): boolean =>
  Object.entries(factsAfter(count)).every(([key, value]) =>
    isDeepStrictEqual(metadata[key as keyof Facts], value),
  );

/**
 * All kinds of writes, with a power loss at every operation: what was written must be there
 * afterwards, and every other field as it was.
 */
export function checkMetadataCrashes(survivals: number): string[] {
  const whole = new SimulatedDisk();
  writeAll(whole);
  const violations: string[] = [];
  for (let point = 1; point <= whole.operationCount; point += 1) {
    const disk = new SimulatedDisk();
    disk.failsAfter = point;
    const done = writeAll(disk);
    for (let survival = 0; survival < survivals; survival += 1) {
      const text = judge(disk.afterPowerLoss(new Random(point, survival)), done);
      if (text !== undefined) violations.push(`at ${point}, ${survival}: ${text}`);
    }
  }
  const text = judge(whole.afterKill(), writes.length);
  return text === undefined ? violations : [...violations, text];
}

/** Writes until the power fails, and returns how many writes were done. */
function writeAll(disk: SimulatedDisk): number {
  let done = 0;
  try {
    const metadata = open(disk);
    for (const { run } of writes) {
      run(metadata);
      done += 1;
    }
  } catch (error) {
    if (!(error instanceof PowerLoss)) throw error;
  }
  return done;
}

function judge(disk: SimulatedDisk, done: number): string | undefined {
  try {
    const metadata = open(disk);
    // The write that was under way may have come through.
    const isThere = isAsAfter(metadata, done) || isAsAfter(metadata, done + 1);
    return isThere ? undefined : `after ${done} writes it is ${disk.readTextIfPresent(path)}`;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Changes every byte of the document: it must be refused with a sentence, or mean the same. */
export function checkMetadataFlips(): string[] {
  const disk = new SimulatedDisk();
  writeAll(disk);
  const sound = disk.content(path);
  const violations: string[] = [];
  for (let place = 0; place < sound.length; place += 1) {
    for (const bit of [0x01, 0x10]) {
      const broken = Buffer.from(sound);
      broken[place] = (broken[place] ?? 0) ^ bit;
      disk.overwrite(path, broken);
      try {
        if (!isAsAfter(open(disk), writes.length)) violations.push(`byte ${place} is believed`);
      } catch (error) {
        const { message } = error as Error;
        if (!/is damaged .*put back the file|format version/.test(message))
          violations.push(message);
      }
    }
  }
  return violations;
}
