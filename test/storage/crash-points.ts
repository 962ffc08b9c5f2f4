import type { Entry, LogIndex, Term, WallMs } from '../../src/consensus/types.ts';
import { Random } from '../../src/simulation/random.ts';
import type { SnapshotMark } from '../../src/storage/log-base.ts';
import { WriteAheadLog } from '../../src/storage/write-ahead-log.ts';
import { PowerLoss, SimulatedDisk } from './simulated-disk.ts';

/** One thing that was done to the log: an entry appended, or all from an index on removed. */
type Step =
  | { readonly type: 'append'; readonly entry: Entry }
  | { readonly type: 'truncate'; readonly fromIndex: number };

type History = {
  readonly steps: Step[];
  /** So many of the steps were told to be durable. */
  durableSteps: number;
  readonly failures: string[];
};

const directory = '/data';
const directoryId = 'directory-1';
const segmentMaxBytes = 700;

export const entry = (index: number, term: number, size = 40): Entry => ({
  index: index as LogIndex,
  term: term as Term,
  wallMs: (1000 + index) as WallMs,
  kind: index % 7 === 0 ? 'noop' : 'command',
  payload: new Uint8Array(index % 7 === 0 ? 0 : size).fill(index),
});

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
    listener,
    segmentMaxBytes,
    tailMaxBytes,
    ...(snapshot === undefined ? {} : { snapshot }),
  });

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
      if (!(error instanceof PowerLoss)) history.failures.push(error.message);
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
  await log.close().catch(() => undefined);
}

/** Lets everything happen that waits for no timer. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(resolve => setImmediate(resolve));
}

/** The log after so many steps. */
function logAfter(steps: readonly Step[], count: number): Entry[] {
  const log: Entry[] = [];
  for (const step of steps.slice(0, count)) {
    if (step.type === 'append') log.push(step.entry);
    else log.length = step.fromIndex - 1;
  }
  return log;
}

const isSame = (a: Entry, b: Entry | undefined): boolean =>
  b !== undefined &&
  a.index === b.index &&
  a.term === b.term &&
  a.kind === b.kind &&
  a.wallMs === b.wallMs &&
  Buffer.from(a.payload).equals(b.payload);

const areSame = (one: readonly Entry[], other: readonly Entry[]): boolean =>
  one.length === other.length && one.every((value, place) => isSame(value, other[place]));

/** The recovered log is one that there was, not before what was told to be durable. */
function isAllowed(recovered: readonly Entry[], { steps, durableSteps }: History): boolean {
  for (let count = durableSteps; count <= steps.length; count += 1) {
    if (areSame(recovered, logAfter(steps, count))) return true;
    const next = steps[count];
    if (next?.type !== 'truncate') continue;
    // A truncation over several files removes the newest first.
    const before = logAfter(steps, count);
    const isPart = areSame(recovered, before.slice(0, recovered.length));
    if (isPart && recovered.length >= next.fromIndex - 1) return true;
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
  const done: History = { steps: [], durableSteps: 0, failures: [] };
  await workload(whole, done);
  violations.push(...done.failures);
  const points = whole.operationCount;
  for (let point = 1; point <= points; point += 1) {
    const disk = new SimulatedDisk();
    disk.failsAfter = point;
    const history: History = { steps: [], durableSteps: 0, failures: [] };
    await workload(disk, history).catch((error: unknown) => {
      if (!(error instanceof PowerLoss)) throw error;
    });
    violations.push(...history.failures.map(text => `at ${point}: ${text}`));
    for (let survival = 0; survival < survivals; survival += 1) {
      const boot = disk.afterPowerLoss(new Random(point, survival));
      const text = await judge(boot, history);
      if (text !== undefined) violations.push(`power loss at ${point}, ${survival}: ${text}`);
    }
    const text = await judge(disk.afterKill(), history);
    if (text !== undefined) violations.push(`kill at ${point}: ${text}`);
  }
  return { points, violations };
}

async function judge(disk: SimulatedDisk, history: History): Promise<string | undefined> {
  try {
    const first = await recover(disk);
    if (!isAllowed(first, history)) {
      return `found ${first.map(({ term, index }) => `${term}.${index}`).join(' ')}`;
    }
    // What was found must be found again, with what was appended after it: nothing of the torn
    // write may come back to life.
    const added = [1, 2].map(place => entry(first.length + place, 100, 20));
    const { log } = await openLog(disk);
    log.append(added, 0);
    await log.close();
    const again = await recover(disk);
    return areSame([...first, ...added], again) ? undefined : 'a second boot finds another log';
  } catch (error) {
    return (error as Error).message;
  }
}

async function recover(disk: SimulatedDisk): Promise<Entry[]> {
  const { log, recovered } = await openLog(disk, undefined, 1_000_000);
  await log.close();
  return [...recovered.tail];
}
