import { Random } from '../../src/simulation/random.ts';
import {
  keepFetched,
  readSnapshot,
  snapshotPaths,
  writeSnapshot,
} from '../../src/storage/snapshot-file.ts';
import type { ClusterId, LogIndex, Term } from '../../src/words.ts';
import { PowerLoss, SimulatedDisk } from './simulated-disk.ts';

export const directory = '/data';
export const header = (index: number) => ({
  clusterName: 'c',
  clusterId: 'id' as ClusterId,
  position: { term: 3 as Term, index: index as LogIndex },
  commandLevel: 1,
});
export const recordsOf = (index: number): Uint8Array[] =>
  Array.from({ length: 5 }, (_, place) => Buffer.from(`${index} ${'é\u00ff—'.repeat(place)}`));

/** Index of the newest snapshot that is there, which must be whole; 0 when there is none. */
export async function newest(disk: SimulatedDisk): Promise<number> {
  const [path] = snapshotPaths(disk, directory);
  if (path === undefined) return 0;
  const all: Uint8Array[] = [];
  const { position } = await readSnapshot(disk, path, record => all.push(record));
  const isSame = Buffer.concat(all).equals(Buffer.concat(recordsOf(position.index)));
  if (!isSame) throw new Error('other records');
  return position.index;
}

/** One of our own, a newer one, and one that comes from another server as bytes. */
async function workload(disk: SimulatedDisk, made: number[]): Promise<void> {
  for (const index of [7, 20]) {
    await writeSnapshot(disk, directory, header(index), recordsOf(index));
    made.push(index);
  }
  const elsewhere = new SimulatedDisk();
  const saved = await writeSnapshot(elsewhere, directory, header(30), recordsOf(30));
  const part = `${directory}/snapshot.part`;
  const file = await disk.openLogFile(part);
  await file.write(elsewhere.content(saved?.path ?? ''), 0);
  await keepFetched(disk, directory, part, header(30).position);
  made.push(30);
}

/** A power loss at every operation: what was made is there, and whole, or something newer is. */
export async function checkSnapshotCrashes(survivals: number): Promise<string[]> {
  const whole = new SimulatedDisk();
  await workload(whole, []);
  const violations: string[] = [];
  for (let point = 1; point <= whole.operationCount; point += 1) {
    const disk = new SimulatedDisk();
    disk.failsAfter = point;
    const made = [0];
    await workload(disk, made).catch((error: unknown) => {
      if (!(error instanceof PowerLoss)) throw error;
    });
    for (let survival = 0; survival < survivals; survival += 1) {
      const boot = disk.afterPowerLoss(new Random(point, survival));
      const found = await newest(boot).catch((error: Error) => error.message);
      const isThere = typeof found === 'number' && found >= Math.max(...made);
      if (!isThere) violations.push(`at ${point}, ${survival}: ${found} after ${made.join(' ')}`);
    }
  }
  return violations;
}
