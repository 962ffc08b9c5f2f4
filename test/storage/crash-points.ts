import type { Entry, LogIndex, Term, WallMs } from '../../src/consensus/types.ts';
import { Random } from '../../src/simulation/random.ts';
import type { SnapshotMark } from '../../src/storage/log-base.ts';
import { DurableJsonAdapter, Metadata } from '../../src/storage/metadata.ts';
import { newDocument } from '../../src/storage/metadata-document.ts';
import { WriteAheadLog } from '../../src/storage/write-ahead-log.ts';
import { PowerLoss, SimulatedDisk } from './simulated-disk.ts';

/** One thing that was done to the log. */
type Step =
  | { readonly type: 'append'; readonly entry: Entry }
  /** All from an index on are removed. */
  | { readonly type: 'truncate'; readonly fromIndex: number }
  /** All are removed, and the log goes on behind a snapshot. */
  | { readonly type: 'reset'; readonly baseIndex: number };

type Log = { readonly baseIndex: number; readonly entries: readonly Entry[] };

type History = {
  readonly steps: Step[];
  /** The newest snapshot that is on the disk. */
  snapshot: SnapshotMark | undefined;
  /** So many of the steps were told to be durable. */
  durableSteps: number;
  readonly failures: string[];
};

const directory = '/data';
const directoryId = 'directory-1';
const segmentMaxBytes = 700;
/** So many of the entries that a crash has torn off are written anew, at most. */
const alikeMax = 3;

export const entry = (index: number, term: number, size = 40): Entry => ({
  index: index as LogIndex,
  term: term as Term,
  wallMs: (1000 + index) as WallMs,
  kind: index % 7 === 0 ? 'noop' : 'command',
  payload: new Uint8Array(index % 7 === 0 ? 0 : size).fill(index),
});

/** The log of a server that is one of three, with its metadata beside it. */
export const openLog = (
  disk: SimulatedDisk,
  listener = { persisted: () => undefined, failed: () => undefined } as Parameters<
    typeof WriteAheadLog.open
  >[0]['listener'],
  tailMaxBytes = 200,
  snapshot?: SnapshotMark,
) =>
  WriteAheadLog.open({
    directory,
    directoryId,
    fileSystem: disk,
    floorStore: openMetadata(disk),
    listener,
    segmentMaxBytes,
    tailMaxBytes,
    canRebuild: true,
    ...(snapshot === undefined ? {} : { snapshot }),
  });

export const openMetadata = (disk: SimulatedDisk): Metadata =>
  new Metadata(
    new DurableJsonAdapter(`${directory}/metadata.json`, disk),
    newDocument({ clusterName: 'test', nodeId: 'n0', directoryId }),
  );

/** Appends, truncations and group commits that cross several small segments. */
async function workload(disk: SimulatedDisk, history: History): Promise<void> {
  /** How many steps had been taken when an index of a generation was the last. */
  const marks: { generation: number; index: number; steps: number }[] = [];
  const { log } = await openLog(disk, {
    persisted: (generation, index) => {
      const mark = marks.findLast(one => one.generation === generation && one.index <= index);
      history.durableSteps = Math.max(history.durableSteps, mark?.steps ?? 0);
    },
    failed: error => {
      if (!isPowerLoss(error)) history.failures.push(error.message);
    },
  });
  let generation = 0;
  let term = 1;
  const note = (): void => {
    marks.push({ generation, index: log.lastIndex, steps: history.steps.length });
  };
  const append = (count: number, size?: number): void => {
    const first = log.lastIndex + 1;
    const entries = Array.from({ length: count }, (_, place) => entry(first + place, term, size));
    for (const one of entries) {
      history.steps.push({ type: 'append', entry: one });
      marks.push({ generation, index: one.index, steps: history.steps.length });
    }
    log.append(entries, generation);
  };
  const truncate = (fromIndex: number): void => {
    generation += 1;
    term += 1;
    history.steps.push({ type: 'truncate', fromIndex });
    log.truncate(fromIndex as LogIndex, generation);
    note();
  };
  const reset = (index: number): void => {
    generation += 1;
    term += 1;
    history.steps.push({ type: 'reset', baseIndex: index });
    history.snapshot = mark(term, index, true);
    log.reset(history.snapshot.position, generation);
    note();
  };
  /** Begins while a removal is on its way: a snapshot waits for nobody. */
  const compactMeanwhile = (index: number): void => {
    log.compact(index as LogIndex).catch((error: Error) => {
      if (!isPowerLoss(error)) history.failures.push(error.message);
    });
  };
  append(1);
  await settle();
  append(3);
  append(2, 300);
  await settle();
  truncate(5);
  append(4, 200);
  await settle();
  append(6);
  await settle();
  truncate(3);
  await settle();
  append(5, 100);
  append(1);
  await settle();
  truncate(6);
  truncate(4);
  append(2);
  await settle();
  for (let file = 0; file < 3; file += 1) {
    append(3, 200);
    await settle();
  }
  if (disk.isOff) return;
  reset(30);
  compactMeanwhile(9);
  append(3, 200);
  await settle();
  append(2, 200);
  await settle();
  truncate(33);
  compactMeanwhile(30);
  append(3, 200);
  await settle();
  append(3, 200);
  await settle();
  if (disk.isOff) return;
  history.snapshot = mark(term, 37, false);
  await log.compact(36 as LogIndex);
  append(2);
  await log.close().catch(() => undefined);
}

const mark = (term: number, index: number, isFetched: boolean): SnapshotMark => ({
  position: { term: term as Term, index: index as LogIndex },
  isFetched,
});

/** A sync that failed names what it failed of as its cause. */
const isPowerLoss = (error: Error): boolean =>
  error instanceof PowerLoss || error.cause instanceof PowerLoss;

/** Lets everything happen that waits for no timer. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(resolve => setImmediate(resolve));
}

/** The log after so many steps. */
function logAfter(steps: readonly Step[], count: number): Log {
  let baseIndex = 0;
  let entries: Entry[] = [];
  for (const step of steps.slice(0, count)) {
    if (step.type === 'append') entries.push(step.entry);
    else if (step.type === 'truncate') entries.length = step.fromIndex - 1 - baseIndex;
    else [baseIndex, entries] = [step.baseIndex, []];
  }
  return { baseIndex, entries };
}

const isSame = (a: Entry, b: Entry | undefined): boolean =>
  b !== undefined &&
  a.index === b.index &&
  a.term === b.term &&
  a.kind === b.kind &&
  a.wallMs === b.wallMs &&
  Buffer.from(a.payload).equals(b.payload);

const lastOf = ({ baseIndex, entries }: Log): number => baseIndex + entries.length;

/** Do both end alike? One of them may begin later than the other. */
function areSame(one: Log, other: Log): boolean {
  const baseIndex = Math.max(one.baseIndex, other.baseIndex);
  const rest = (log: Log): readonly Entry[] => log.entries.slice(baseIndex - log.baseIndex);
  const [mine, theirs] = [rest(one), rest(other)];
  return (
    lastOf(one) === lastOf(other) && mine.every((value, place) => isSame(value, theirs[place]))
  );
}

/** The recovered log is one that there was, not before what was told to be durable. */
function isAllowed(recovered: Log, { steps, durableSteps }: History): boolean {
  for (let count = durableSteps; count <= steps.length; count += 1) {
    if (areSame(recovered, logAfter(steps, count))) return true;
    const next = steps[count];
    if (next?.type !== 'truncate') continue;
    // A truncation over several files removes the newest first.
    const { baseIndex, entries } = logAfter(steps, count);
    const part = { baseIndex, entries: entries.slice(0, lastOf(recovered) - baseIndex) };
    if (areSame(recovered, part) && lastOf(recovered) >= next.fromIndex - 1) return true;
  }
  return false;
}

export type CrashReport = { readonly points: number; readonly violations: string[] };

/**
 * Lets the power fail at every write, sync, creation and removal of the workload, boots from what
 * is left in several ways, and looks whether the log is one that may be there.
 */
export async function tryAllCrashPoints(survivals: number): Promise<CrashReport> {
  const whole = new SimulatedDisk();
  const violations: string[] = [];
  const done: History = { steps: [], snapshot: undefined, durableSteps: 0, failures: [] };
  await workload(whole, done);
  violations.push(...done.failures);
  const points = whole.operationCount;
  for (let point = 1; point <= points; point += 1) {
    const disk = new SimulatedDisk();
    disk.failsAfter = point;
    const history: History = { steps: [], snapshot: undefined, durableSteps: 0, failures: [] };
    await workload(disk, history).catch((error: unknown) => {
      if (!(error instanceof PowerLoss)) throw error;
    });
    violations.push(...history.failures.map(text => `at ${point}: ${text}`));
    for (let survival = 0; survival < survivals; survival += 1) {
      const boot = disk.afterPowerLoss(new Random(point, survival));
      const text = await judge(boot, history);
      if (text !== undefined) violations.push(`power loss at ${point}, ${survival}: ${text}`);
    }
    const text =
      (await judgeTwice(disk, history, point)) ?? (await judge(disk.afterKill(), history));
    if (text !== undefined) violations.push(`kill at ${point}: ${text}`);
  }
  return { points, violations };
}

async function judge(disk: SimulatedDisk, history: History): Promise<string | undefined> {
  try {
    const { snapshot } = history;
    const untouched = disk.afterKill();
    const first = await recover(disk, snapshot);
    if (!isAllowed(first, history)) {
      const found = first.entries.map(({ term, index }) => `${term}.${index}`).join(' ');
      return `found ${found} behind ${first.baseIndex}`;
    }
    // What was found must be found again, with what was appended after it: nothing of the torn
    // write may come back to life.
    const added = [1, 2].map(place => entry(lastOf(first) + place, 100, 20));
    const { log } = await openLog(disk, undefined, 200, snapshot);
    log.append(added, 0);
    await log.close();
    const again = [{ added, found: await recover(disk, snapshot) }];
    for (const alike of beginningsOfLost(first, history)) {
      const found = await appendAndKill(untouched.afterKill(), snapshot, alike);
      again.push({ added: alike, found });
    }
    const isFound = again.every(one =>
      areSame({ ...first, entries: [...first.entries, ...one.added] }, one.found),
    );
    return isFound ? undefined : 'a second boot finds another log';
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * Entries of the sizes of those that were lost: where they end, one that was torn off may follow,
 * whole and with the next index.
 */
function beginningsOfLost(found: Log, { steps, durableSteps }: History): Entry[][] {
  let count = durableSteps;
  while (count < steps.length && !areSame(found, logAfter(steps, count))) count += 1;
  const alike: Entry[] = [];
  for (const step of steps.slice(count, count + alikeMax)) {
    if (step.type !== 'append') break;
    alike.push(entry(step.entry.index, 100, step.entry.payload.length));
  }
  return alike.map((_, place) => alike.slice(0, place + 1));
}

/** What is found after a kill; a clean stop would write a mark behind it. */
async function appendAndKill(
  disk: SimulatedDisk,
  snapshot: SnapshotMark | undefined,
  added: readonly Entry[],
): Promise<Log> {
  const lastIndex = added.at(-1)?.index ?? 0;
  await new Promise<void>((resolve, reject) => {
    const persisted = (_: number, index: number): void => {
      if (index >= lastIndex) resolve();
    };
    const listener = { persisted, failed: reject };
    openLog(disk, listener, 200, snapshot).then(({ log }) => log.append(added, 0), reject);
  });
  return recover(disk.afterKill(), snapshot);
}

/** A killed server starts again, tells what it found to be durable, and then the power fails. */
async function judgeTwice(
  disk: SimulatedDisk,
  { snapshot }: History,
  point: number,
): Promise<string | undefined> {
  const killed = disk.afterKill();
  try {
    const found = await recover(killed, snapshot);
    const after = await recover(killed.afterPowerLoss(new Random(point, 1)), snapshot);
    return areSame(found, after) ? undefined : 'what a start found is lost with the power';
  } catch (error) {
    return (error as Error).message;
  }
}

async function recover(disk: SimulatedDisk, snapshot: SnapshotMark | undefined): Promise<Log> {
  const opened = await openLog(disk, undefined, 1_000_000, snapshot);
  const { log, recovered, repaired, shortfall } = opened;
  await log.close();
  // A crash loses nothing that was durable: whoever says so takes its own work for damage.
  const why = shortfall?.why ?? repaired?.why;
  if (why !== undefined) throw new Error(`believes its log to be damaged: ${why}`);
  // The base may be an entry that is in a file, too: it is not looked at.
  const { base, tail } = recovered;
  return { baseIndex: base.index, entries: tail.filter(({ index }) => index > base.index) };
}
