import { entry, openLog } from './crash-points.ts';
import { SimulatedDisk } from './simulated-disk.ts';

const entryCount = 12;

/** A disk with a log whose every entry was durable before the next one came. */
export async function filledDisk(count = entryCount): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk();
  const { log } = await openLog(disk);
  for (let index = 1; index <= count; index += 1) {
    log.append([entry(index, 1)], 0);
    for (let turn = 0; turn < 20; turn += 1) await new Promise(resolve => setImmediate(resolve));
  }
  await log.close();
  return disk;
}

/** Flips a bit here and there: the log must be whole or refused, never another or a shorter one. */
export async function checkBitFlips(): Promise<string[]> {
  const disk = await filledDisk();
  const violations: string[] = [];
  for (const path of disk.paths()) {
    const sound = disk.content(path);
    const used = sound.findLastIndex(byte => byte !== 0);
    for (let place = 0; place <= used; place += 5) {
      const broken = Buffer.from(sound);
      broken[place] = (broken[place] ?? 0) ^ 0x10;
      disk.overwrite(path, broken);
      const text = await judge(disk.afterKill());
      if (text !== undefined) violations.push(`byte ${place} of ${path}: ${text}`);
    }
    disk.overwrite(path, sound);
  }
  return violations;
}

const refusal = /corrupt|another data directory|format version|is missing before/;

async function judge(disk: SimulatedDisk): Promise<string | undefined> {
  try {
    const { recovered } = await openLog(disk, undefined, 1_000_000);
    const isWhole = recovered.lastIndex === entryCount;
    if (!isWhole) return `found ${recovered.lastIndex} of ${entryCount} entries`;
    const isSound = recovered.tail.every(({ index, payload }) =>
      Buffer.from(payload).equals(entry(index, 1).payload),
    );
    return isSound ? undefined : 'found another payload';
  } catch (error) {
    const { message } = error as Error;
    return refusal.test(message) ? undefined : message;
  }
}
