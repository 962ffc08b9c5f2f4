import { entry, openLog, openMetadata } from './crash-points.ts';
import { SimulatedDisk } from './simulated-disk.ts';

const entryCount = 12;

/** A disk with a log whose every entry was durable before the next one came. */
export async function filledDisk(count = entryCount, isClosed = true): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk();
  const { log } = await openLog(disk);
  for (let index = 1; index <= count; index += 1) {
    log.append([entry(index, 1)], 0);
    for (let turn = 0; turn < 20; turn += 1) await new Promise(resolve => setImmediate(resolve));
  }
  const killed = disk.afterKill();
  await log.close();
  return isClosed ? disk : killed;
}

/** One way in which a file is damaged. */
type Damage = { readonly what: string; readonly content: Buffer | undefined };

/** Flipped bits, zeroed parts, cuts, and the file that is not there. */
export function damagesOf(sound: Buffer, flipStep = 5, cutStep = 8): Damage[] {
  const used = sound.findLastIndex(byte => byte !== 0) + 1;
  const damages: Damage[] = [{ what: 'left out', content: undefined }];
  for (let place = 0; place < used; place += flipStep) {
    const content = Buffer.from(sound);
    content[place] = (content[place] ?? 0) ^ 0x10;
    damages.push({ what: `bit at ${place}`, content });
  }
  for (const sizeBytes of [96, 512, 4096]) {
    for (let place = 0; place < used; place += sizeBytes) {
      const content = Buffer.from(sound).fill(0, place, Math.min(place + sizeBytes, sound.length));
      if (!content.equals(sound)) damages.push({ what: `${sizeBytes} zeros at ${place}`, content });
    }
  }
  // Records of the log are padded to 8 bytes, so this is a cut at every one of them, too.
  for (let place = 0; place < used; place += cutStep) {
    damages.push({ what: `cut at ${place}`, content: sound.subarray(0, place) });
  }
  return damages;
}

/**
 * Damages the files of a log that was closed, one in one way at a time: it must be whole, or say
 * that it is not; never another or a shorter one without a word.
 */
export async function checkBitFlips(): Promise<string[]> {
  const disk = await filledDisk();
  const violations: string[] = [];
  for (const path of disk.paths().filter(one => one.endsWith('.wal'))) {
    for (const { what, content } of damagesOf(disk.content(path))) {
      const broken = disk.afterKill();
      if (content === undefined) broken.remove(path);
      else broken.overwrite(path, content);
      const text = await judge(broken);
      if (text !== undefined) violations.push(`${what} of ${path}: ${text}`);
    }
  }
  return [...violations, ...(await checkNewestFile()), ...(await checkMisnamedFiles())];
}

/** Of a killed server nothing says how far the newest file reached; but that it was begun. */
async function checkNewestFile(): Promise<string[]> {
  const killed = await filledDisk(entryCount, false);
  const path = killed.paths().findLast(one => one.endsWith('.wal')) ?? '';
  const headless = killed.content(path).fill(0, 0, 96);
  const violations: string[] = [];
  for (const content of [undefined, headless, headless.subarray(0, 50)]) {
    const broken = killed.afterKill();
    if (content === undefined) broken.remove(path);
    else broken.overwrite(path, content);
    const text = await judge(broken);
    if (text !== undefined) violations.push(`${content?.length ?? 'no'} bytes of ${path}: ${text}`);
  }
  return violations;
}

/** A file that has the content of another one of its directory is a damaged one of ours. */
async function checkMisnamedFiles(): Promise<string[]> {
  const disk = await filledDisk();
  const paths = disk.paths().filter(one => one.endsWith('.wal'));
  const violations: string[] = [];
  for (const path of paths) {
    const broken = disk.afterKill();
    broken.overwrite(path, disk.content(paths.find(one => one !== path) ?? ''));
    const text = await openLog(broken, undefined, 1_000_000).then(
      async ({ log, shortfall }) => {
        await log.close();
        return shortfall?.file === path ? undefined : `${shortfall?.file} is named`;
      },
      (error: Error) => error.message,
    );
    if (text !== undefined) violations.push(`another one under the name ${path}: ${text}`);
  }
  return violations;
}

const refusal = /another data directory|format version/;

async function judge(disk: SimulatedDisk): Promise<string | undefined> {
  try {
    const { recovered, shortfall, log } = await openLog(disk, undefined, 1_000_000);
    await log.close();
    const { lastIndex, tail } = recovered;
    const isWhole = lastIndex === entryCount;
    if (!isWhole && shortfall === undefined) return `${lastIndex} of ${entryCount}, without a word`;
    const isSound = tail.every(({ index, payload }) =>
      Buffer.from(payload).equals(entry(index, 1).payload),
    );
    if (!isSound || tail.length !== lastIndex) return 'found another payload, or a gap';
    if (shortfall !== undefined && !openMetadata(disk).isRecovering) return 'forgets what it lost';
    // What was put aside is not found again, and what is left is a log.
    const again = await openLog(disk, undefined, 1_000_000);
    await again.log.close();
    const isSame = again.recovered.lastIndex === lastIndex && again.shortfall === undefined;
    return isSame ? undefined : 'a second start finds something else';
  } catch (error) {
    const { message } = error as Error;
    return refusal.test(message) ? undefined : message;
  }
}
