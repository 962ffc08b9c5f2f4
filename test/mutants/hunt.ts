import { explore } from '../../src/simulation/explorer.ts';
import { type FaultKind, isAimedAtLeases, optionsFor } from '../../src/simulation/options.ts';
import { runSeed } from '../../src/simulation/run-seed.ts';
import { checkNarrowSchedules } from '../consensus/narrow-schedules.ts';
import { checkWhoseMessage } from '../consensus/whose-message.ts';
import { checkGateway } from '../gateway/gateway-checks.ts';
import { checkJournalReading } from '../host/journal-runs.ts';
import { checkCounts } from '../machines/count-check.ts';
import { checkForgetting } from '../machines/forgetting.ts';
import { checkFrame } from '../machines/frame/frame-check.ts';
import { checkLogTime } from '../machines/frame/log-time.ts';
import { checkUnreadable } from '../machines/frame/unreadable-check.ts';
import { checkUseTable } from '../machines/frame/use-table-check.ts';
import {
  checkAborts,
  checkBytes,
  checkKeys,
  checkRestores,
  checkSteps,
} from '../machines/key-runs.ts';
import {
  checkArchiveCrashes,
  checkArchiveDamage,
  checkBrokenOff,
  checkDropped,
  checkExtending,
} from '../storage/archive-damage.ts';
import { checkBackupDamage } from '../storage/backup-damage.ts';
import { checkBitFlips } from '../storage/bit-flips.ts';
import { tryAllCrashPoints } from '../storage/crash-points.ts';
import { checkMetadataCrashes, checkMetadataFlips } from '../storage/metadata-crashes.ts';
import { checkRunningLog } from '../storage/running-log.ts';
import { checkSnapshotCrashes } from '../storage/snapshot-crashes.ts';
import { checkPullStreams, checkTailBytes } from '../transport/pull-streams.ts';
import { checkStreamOwners } from '../transport/stream-owners.ts';
import { checkHands } from './hand-checks.ts';

/*
 * Runs in a process of its own, beside a planted bug, and says who has found it. The seed that found
 * it last time, if there is one, comes first: as long as it does, the verdict needs no luck.
 */

const seedsMax = 20_000;
/** Of this process, however busy the machine is. */
const timeLimitMs = 150_000;
const [focus, planted = '', witness] = process.argv.slice(2);

type Found = { readonly checker: string; readonly what: string; readonly seed?: number };

type Checker = {
  readonly name: string;
  /** Bugs that were planted elsewhere are none of its business. */
  readonly rooms: readonly string[];
  run(): Promise<string | undefined> | string | undefined;
};

/** What needs no seeds, the cheap ones first. */
const checkers: readonly Checker[] = [
  {
    name: 'what is believed from whom',
    rooms: ['consensus'],
    run: () => checkWhoseMessage()[0],
  },
  { name: 'narrow schedules', rooms: ['consensus'], run: () => checkNarrowSchedules()[0] },
  {
    name: 'streams of pullers',
    rooms: ['transport', 'consensus'],
    run: () => checkPullStreams(300) ?? checkTailBytes(),
  },
  { name: 'whose streams', rooms: ['transport'], run: () => checkStreamOwners()[0] },
  {
    name: 'lives of posted objects',
    rooms: ['host', 'storage'],
    run: () => checkJournalReading(60),
  },
  { name: 'damaged backups', rooms: ['storage'], run: checkBackupDamage },
  {
    name: 'crash points and flipped bits of the metadata',
    rooms: ['storage'],
    run: () => [...checkMetadataCrashes(10), ...checkMetadataFlips()][0],
  },
  {
    name: 'crash points of snapshots',
    rooms: ['storage'],
    run: async () => (await checkSnapshotCrashes(10))[0],
  },
  {
    name: 'damage to the archive',
    rooms: ['storage'],
    run: async () =>
      (await checkExtending()) ??
      (await checkBrokenOff()) ??
      (await checkDropped()) ??
      [...(await checkArchiveDamage()), ...(await checkArchiveCrashes(5))][0],
  },
  { name: 'check of a running log', rooms: ['storage'], run: checkRunningLog },
  { name: 'bit flips', rooms: ['storage'], run: async () => (await checkBitFlips())[0] },
  {
    name: 'crash points',
    rooms: ['storage'],
    run: async () => (await tryAllCrashPoints(8)).violations[0],
  },
  { name: 'explorer', rooms: ['consensus'], run: exploreAll },
];

async function hunt(): Promise<Found | undefined> {
  const again = witness === undefined ? undefined : await judge(Number(witness));
  if (again !== undefined) return again;
  const alone = focus === undefined ? undefined : huntedAlone[focus];
  if (alone !== undefined) return alone();
  const rooms = planted.split(',');
  for (const { name, rooms: seen, run } of checkers) {
    if (!seen.some(room => rooms.includes(room))) continue;
    const what = await run();
    if (what !== undefined) return { checker: name, what };
  }
  return simulate();
}

function exploreAll(): string | undefined {
  const bounds = { timeouts: 2, proposals: 0, crashes: 1, gossips: 0, inFlightMax: 2 };
  const { violation } = explore({ ...bounds, statesMax: 10_000 });
  return violation && `${violation.text}, after ${violation.path.length} actions`;
}

function huntHands(): Found | undefined {
  const what = checkHands();
  return what === undefined ? undefined : { checker: 'files for people', what };
}

function huntGateway(): Found | undefined {
  const what = checkGateway();
  return what === undefined ? undefined : { checker: 'decisions of the client server', what };
}

function huntMachines(): Found | undefined {
  const time = checkLogTime(300);
  if (time !== undefined) return { checker: 'clock of the log', what: time };
  const what = checkUnreadable() ?? checkUseTable(40) ?? checkFrame(3000);
  return what === undefined ? undefined : { checker: 'naive frame', what };
}

function huntKeys(): Found | undefined {
  const what =
    checkForgetting() ??
    checkCounts(5) ??
    checkSteps(10_000, 100) ??
    checkKeys(4000) ??
    checkAborts(300) ??
    checkRestores(300) ??
    checkBytes(100);
  return what === undefined ? undefined : { checker: 'naive keys', what };
}

/** What needs no seeds. */
const huntedAlone: Readonly<Record<string, () => Found | undefined>> = {
  machines: huntMachines,
  keys: huntKeys,
  hands: huntHands,
  gateway: huntGateway,
};

const hasFault = (seed: number, kind: FaultKind): boolean =>
  optionsFor(seed).faultKinds.includes(kind);

/** The seeds in which a bug of the kind may be met. */
const aimed: Readonly<Record<string, (seed: number) => boolean>> = {
  leases: isAimedAtLeases,
  members: seed => optionsFor(seed).spareCount > 0,
  damage: seed => hasFault(seed, 'loseLog'),
  copies: seed => hasFault(seed, 'olderDisk'),
  sleep: seed => hasFault(seed, 'sleep'),
};

async function simulate(): Promise<Found | undefined> {
  const isAimed = aimed[focus ?? 'all'] ?? (() => true);
  for (let seed = 1; seed <= seedsMax; seed += 1) {
    if (!isAimed(seed)) continue;
    const found = await judge(seed);
    if (found !== undefined) return found;
    if (process.cpuUsage().user / 1000 > timeLimitMs) return undefined;
  }
  return undefined;
}

async function judge(seed: number): Promise<Found | undefined> {
  const outcome = await runSeed(seed);
  if (outcome.type === 'passed') return undefined;
  return { checker: `simulator, seed ${seed}`, what: outcome.violation, seed };
}

const found = await hunt().catch(
  (error: Error): Found => ({ checker: 'crash', what: error.message }),
);
process.stdout.write(JSON.stringify(found ?? null));
