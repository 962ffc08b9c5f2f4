import { explore } from '../../src/simulation/explorer.ts';
import { isAimedAtLeases, optionsFor } from '../../src/simulation/options.ts';
import { runSeed } from '../../src/simulation/run-seed.ts';
import { checkWhoseMessage } from '../consensus/whose-message.ts';
import { checkGateway } from '../gateway/gateway-checks.ts';
import { checkJournalReading } from '../host/journal-runs.ts';
import { checkLogTime } from '../state-machines/log-time.ts';
import { checkMachines } from '../state-machines/machines-check.ts';
import { checkUseTable } from '../state-machines/use-table-check.ts';
import { checkArchiveCrashes, checkArchiveDamage } from '../storage/archive-damage.ts';
import { checkBackupDamage } from '../storage/backup-damage.ts';
import { checkBitFlips } from '../storage/bit-flips.ts';
import { tryAllCrashPoints } from '../storage/crash-points.ts';
import { checkMetadataCrashes, checkMetadataFlips } from '../storage/metadata-crashes.ts';
import { checkSnapshotCrashes } from '../storage/snapshot-crashes.ts';
import { checkPullStreams, checkTailBytes } from '../transport/pull-streams.ts';
import { checkHands } from './hand-checks.ts';

/*
 * Runs in a process of its own, beside a planted bug, and says who has found it. The seed that found
 * it last time, if there is one, comes first: as long as it does, the verdict needs no luck.
 */

const seedsMax = 20_000;
const timeLimitMs = 180_000;
const [focus, witness] = process.argv.slice(2);

type Found = { readonly checker: string; readonly what: string; readonly seed?: number };

async function hunt(): Promise<Found | undefined> {
  const again = witness === undefined ? undefined : await judge(Number(witness));
  if (again !== undefined) return again;
  const alone = focus === undefined ? undefined : huntedAlone[focus];
  if (alone !== undefined) return alone();
  const [belief] = checkWhoseMessage();
  if (belief !== undefined) return { checker: 'what is believed from whom', what: belief };
  const [metadata] = [...checkMetadataCrashes(10), ...checkMetadataFlips()];
  if (metadata !== undefined)
    return { checker: 'crash points and flipped bits of the metadata', what: metadata };
  const [snapshot] = await checkSnapshotCrashes(10);
  if (snapshot !== undefined) return { checker: 'crash points of snapshots', what: snapshot };
  const [archive] = [...(await checkArchiveDamage()), ...(await checkArchiveCrashes(5))];
  if (archive !== undefined) return { checker: 'damage to the archive', what: archive };
  const mixed = checkPullStreams(300) ?? checkTailBytes();
  if (mixed !== undefined) return { checker: 'streams of pullers', what: mixed };
  const [flip] = await checkBitFlips();
  if (flip !== undefined) return { checker: 'bit flips', what: flip };
  const [crash] = (await tryAllCrashPoints(8)).violations;
  if (crash !== undefined) return { checker: 'crash points', what: crash };
  const misread = await checkJournalReading(60);
  if (misread !== undefined) return { checker: 'lives of posted objects', what: misread };
  const unnoticed = await checkBackupDamage();
  if (unnoticed !== undefined) return { checker: 'damaged backups', what: unnoticed };
  const bounds = { timeouts: 2, proposals: 0, crashes: 1, gossips: 0, inFlightMax: 2 };
  const { violation } = explore({ ...bounds, statesMax: 10_000 });
  if (violation !== undefined) {
    return { checker: `explorer, ${violation.path.length} actions`, what: violation.text };
  }
  return simulate();
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
  const what = checkUseTable(40) ?? checkMachines(3000);
  return what === undefined ? undefined : { checker: 'naive state machines', what };
}

/** What needs no seeds. */
const huntedAlone: Readonly<Record<string, () => Found | undefined>> = {
  machines: huntMachines,
  hands: huntHands,
  gateway: huntGateway,
};

async function simulate(): Promise<Found | undefined> {
  const startedAt = performance.now();
  for (let seed = 1; seed <= seedsMax; seed += 1) {
    if (focus === 'leases' && !isAimedAtLeases(seed)) continue;
    if (focus === 'members' && optionsFor(seed).spareCount === 0) continue;
    if (focus === 'damage' && !optionsFor(seed).faultKinds.includes('loseLog')) continue;
    const found = await judge(seed);
    if (found !== undefined) return found;
    if (performance.now() - startedAt > timeLimitMs) return undefined;
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
