import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { backup } from '../../src/cli/backup.ts';
import { restoreBackup } from '../../src/cli/restore-backup.ts';
import { StartupError } from '../../src/errors/startup-error.ts';
import { Random } from '../../src/simulation/random.ts';
import { until } from '../fixtures/until.ts';
import { Acknowledged, WrongAnswer } from './acknowledged.ts';
import { HostedCluster, ids } from './hosted-cluster.ts';
import { damagesOf, type Mutation, mutations, type Scene } from './mutations.ts';

/* One server of three is stopped, damaged in one way, and started again; and so on. */

const victim = 'n1';
const other = 'n2';
const healMs = 60_000;
const olderMax = 2;
const replaceEvery = 12;
const leadEvery = 3;

export type Trial = {
  readonly what: string;
  readonly outcome: 'healed' | 'refused' | 'nothing to damage' | 'FAILED';
  readonly tookMs: number;
  /** What was wrong, or the sentence of the refusal. */
  readonly text: string;
};

export async function runDamage(
  options: { readonly seed: number; readonly count: number },
  onTrial: (trial: Trial) => void,
): Promise<void> {
  const random = new Random(options.seed);
  const chosen = choose(mutations, options.count, random);
  const cluster = await HostedCluster.start();
  try {
    const run = new DamageRun(cluster, random);
    await run.fill();
    for (const mutation of chosen) {
      const startedAt = performance.now();
      const trial = await run.try(mutation).catch((error: Error) => ({
        outcome: 'FAILED' as const,
        text: error.stack ?? error.message,
      }));
      onTrial({ what: mutation.what, tookMs: performance.now() - startedAt, ...trial });
      if (trial.outcome === 'FAILED') await run.mend();
    }
    for (const trial of await run.tryBackups(options.count / mutations.length)) onTrial(trial);
  } catch (error) {
    const told = ids.map(id => cluster.logOf(id).slice(-3000)).join('\n');
    throw new Error(`${(error as Error).stack}\n${told}`);
  } finally {
    await cluster.stop();
  }
}

/** So many of them, each with the same chance, in their order. */
function choose(all: readonly Mutation[], count: number, random: Random): Mutation[] {
  const drawn = all.map(mutation => ({ mutation, lot: random.next() }));
  const limit = drawn.map(({ lot }) => lot).sort((a, b) => a - b)[Math.max(0, count - 1)] ?? 1;
  return drawn.filter(({ lot }) => lot <= limit).map(({ mutation }) => mutation);
}

type Outcome = Pick<Trial, 'outcome' | 'text'>;

class DamageRun {
  readonly #cluster: HostedCluster;
  readonly #random: Random;
  readonly #acknowledged: Acknowledged;
  /** Copies of the victim's directory, the newest first. */
  #copies: string[] = [];
  #copyCount = 0;
  #trialCount = 0;
  #refusalCount = 0;

  constructor(cluster: HostedCluster, random: Random) {
    this.#cluster = cluster;
    this.#random = random;
    this.#acknowledged = new Acknowledged(cluster);
  }

  /** Several files of each kind, and copies of two boots. */
  async fill(): Promise<void> {
    await this.#isGreen();
    for (let boot = 0; boot < olderMax; boot += 1) {
      for (let batch = 0; batch < 15; batch += 1) await this.#acknowledged.write(20);
      await this.#restartVictim();
    }
    for (let batch = 0; batch < 10; batch += 1) await this.#acknowledged.write(20);
  }

  async try(mutation: Mutation): Promise<Outcome> {
    this.#trialCount += 1;
    while (this.#copies.length < olderMax) await this.#restartVictim();
    const isKilled = this.#random.chance(0.5);
    await this.#stopVictim(isKilled);
    const [, ...older] = this.#copies;
    const scene: Scene = {
      victim: this.#cluster.directoryOf(victim),
      other: this.#cluster.directoryOf(other),
      older,
      random: this.#random,
    };
    const damage = mutation.apply(scene);
    await this.#acknowledged.write(3);
    const toldBefore = this.#cluster.logOf(victim).length;
    const sentence = await this.#cluster.startServer(victim);
    const told = (): string => this.#cluster.logOf(victim).slice(toldBefore);
    if (sentence !== undefined) return this.#judgeRefusal(mutation, sentence);
    const fatal = await this.#watchHealing();
    if (fatal !== undefined) return this.#judgeRefusal(mutation, fatal);
    if (damage === undefined) return { outcome: 'nothing to damage', text: '' };
    if (mutation.expected === 'refuses') throw new Error(`it serves; it said:\n${told()}`);
    if (this.#trialCount % leadEvery === 0) await this.#letVictimLead();
    const isTold = told().includes(damage.file) || /entries \d+ to \d+ are missing/.test(told());
    // After a kill the newest file may end anywhere: then the others say that it held more.
    if (damage.isTold && !isTold && !isKilled)
      throw new Error(`nobody was told of ${damage.file}:\n${told()}`);
    return { outcome: 'healed', text: '' };
  }

  /** The victim runs, with all that it had before: the next trial must not suffer from this one. */
  async mend(): Promise<void> {
    await this.#cluster.stopServer(victim);
    await this.#replace();
  }

  async #restartVictim(): Promise<void> {
    await this.#stopVictim(false);
    await this.#cluster.startServer(victim);
    await this.#isGreen();
  }

  async #stopVictim(isKilled: boolean): Promise<void> {
    if (isKilled) await this.#cluster.crashServer(victim);
    else await this.#cluster.stopServer(victim);
    this.#copyCount += 1;
    const copy = join(this.#cluster.folder, 'copies', String(this.#copyCount));
    cpSync(this.#cluster.directoryOf(victim), copy, { recursive: true });
    this.#copies.unshift(copy);
    for (const old of this.#copies.splice(olderMax + 1)) rmSync(old, { recursive: true });
  }

  /** Nobody answers anything wrong meanwhile. Returns the sentence if the server ends itself. */
  async #watchHealing(): Promise<string | undefined> {
    const look = async (): Promise<{ fatal: string | undefined } | undefined> => {
      const fatal = this.#cluster.fatalOf(victim);
      if (fatal !== undefined) return { fatal };
      await this.#acknowledged.isReadAt();
      const isHealed = await this.#acknowledged.isReadAt(victim);
      return isHealed && (await this.#health()).health === 'GREEN' ? { fatal } : undefined;
    };
    const { fatal } = await until('the server is as before', look, healMs).catch(async error => {
      const told = this.#cluster.logOf(victim).slice(-3000);
      if (error instanceof WrongAnswer) throw error;
      const { problem } = this.#acknowledged;
      throw new Error(`${error.message}; ${problem}; ${(await this.#health()).reason}\n${told}`);
    });
    if (fatal !== undefined) return fatal;
    await this.#acknowledged.write(2);
    for (const id of ids) await until(id, () => this.#acknowledged.isReadAt(id), healMs);
    return undefined;
  }

  async #judgeRefusal({ expected }: Mutation, sentence: string): Promise<Outcome> {
    await this.#cluster.stopServer(victim);
    if (expected === 'heals') throw new Error(`it refused to go on: ${sentence}`);
    const isClear = !sentence.includes('\n') && /put|replace|choose|replaced/.test(sentence);
    if (!isClear) throw new Error(`its sentence does not say what to do: ${sentence}`);
    await until('the others serve', () => this.#acknowledged.isReadAt(), healMs);
    this.#refusalCount += 1;
    if (this.#refusalCount % replaceEvery === 0) await this.#replace();
    else await this.#putBack();
    return { outcome: 'refused', text: sentence };
  }

  /** As the sentence says: the directory as it was. */
  async #putBack(): Promise<void> {
    const directory = this.#cluster.directoryOf(victim);
    rmSync(directory, { recursive: true, force: true });
    cpSync(this.#copies[0] ?? '', directory, { recursive: true });
    const sentence = await this.#cluster.startServer(victim);
    if (sentence !== undefined) throw new Error(`put back, it refuses: ${sentence}`);
    const fatal = await this.#watchHealing();
    if (fatal !== undefined) throw new Error(`put back, it ends: ${fatal}`);
  }

  /** As the sentence says: an empty directory, and `member replace`. */
  async #replace(): Promise<void> {
    rmSync(this.#cluster.directoryOf(victim), { recursive: true, force: true });
    this.#copies = [];
    await this.#cluster.startServer(victim);
    await until('it is replaced', async () => {
      const path = `/v1/members/${victim}/replace`;
      const { status } = await this.#cluster.send('POST', path, {});
      return status < 300;
    });
    const fatal = await this.#watchHealing();
    if (fatal !== undefined) throw new Error(`replaced, it ends: ${fatal}`);
  }

  /** What a leader reads, it reads in its own files. */
  async #letVictimLead(): Promise<void> {
    await until('it leads', async () => {
      const { leader } = await this.#health();
      if (leader === victim) return true;
      await this.#cluster.send('POST', '/v1/leader/transfer', { to: victim });
      return false;
    });
    await until('it reads all', () => this.#acknowledged.isReadAt(), healMs);
  }

  async #health(): Promise<{ health: string; reason: string; leader: string | null }> {
    return JSON.parse((await this.#cluster.send('GET', '/v1/cluster')).text);
  }

  async #isGreen(): Promise<void> {
    await until('all take part', async () => (await this.#health()).health === 'GREEN');
  }

  /** A damaged backup makes no directory; a sound one makes all. */
  async tryBackups(fraction: number): Promise<Trial[]> {
    const { folder, configurationPath: config } = this.#cluster;
    const path = join(folder, 'a.backup');
    await backup(path, { config });
    const content = readFileSync(path);
    const trials: Trial[] = [];
    for (const { how, broken } of damagesOf(basename(path), content, this.#random)) {
      if (!this.#random.chance(fraction)) continue;
      writeFileSync(path, broken);
      const dataDir = join(folder, 'restored');
      const startedAt = performance.now();
      const sentence = await restoreBackup(path, { config, dataDir }).then(
        () => 'it was restored',
        (error: Error) => (error instanceof StartupError ? undefined : error.stack),
      );
      rmSync(dataDir, { recursive: true, force: true });
      const outcome = sentence === undefined ? 'refused' : 'FAILED';
      const tookMs = performance.now() - startedAt;
      trials.push({ what: `the backup ${how}`, outcome, tookMs, text: sentence ?? '' });
    }
    return trials;
  }
}
