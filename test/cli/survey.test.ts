import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { makeDirectory } from '../../src/cli/make-directory.ts';
import { objectsOf, surveyDirectory } from '../../src/cli/survey.ts';
import { splitJsonArray } from '../../src/codec/split-json-array.ts';
import type { Entry, WallMs } from '../../src/consensus/types.ts';
import { type Command, encodeCommand } from '../../src/machines/frame/command.ts';
import { createReplicatedState } from '../../src/machines/frame/replicated-state.ts';
import { journalSlot } from '../../src/machines/journal/journal.ts';
import { loadState } from '../../src/server/load-state.ts';
import { openServerStorage } from '../../src/storage/server-storage.ts';
import type { LogIndex, Term } from '../../src/words.ts';
import { alone, append, only } from '../fixtures/commands.ts';
import { until } from '../fixtures/until.ts';

/* Goal: whatever is damaged, nothing wrong is read, what is missing is said, nothing is changed. */

const owner = { clusterName: 'test', nodeId: 'n0' };
const term = 1 as Term;
const objectCount = 26;
const objectAt = (seq: number): string => `{"a":${seq}}`;

/** Six objects in the archive, and twenty in the log behind the snapshot. */
async function fill(dataDirectory: string): Promise<void> {
  const state = createReplicatedState();
  state.appliedIndex = 7;
  const journal = { ...journalSlot.create(), lastSeq: 6 };
  state.states = { ...state.states, [journalSlot.name]: journal };
  await makeDirectory(dataDirectory, owner, {
    position: { term, index: 7 as LogIndex },
    state,
    batches: async function* () {
      for (const firstSeq of [1, 3, 5]) {
        const data = Buffer.from(`[${objectAt(firstSeq)},${objectAt(firstSeq + 1)}]`);
        yield { index: firstSeq, term, wallMs: 1, firstSeq, count: 2, data };
      }
    },
    origin: 'here',
  });
  let durableIndex = 0;
  const { log, loaded, close } = await openServerStorage({
    dataDirectory,
    ...owner,
    tailMaxBytes: 1000,
    segmentMaxBytes: 600,
    reserveBytes: 0,
    listener: {
      persisted: (_, index) => {
        durableIndex = index;
      },
      failed: () => undefined,
    },
    load: directory => loadState(directory, () => undefined),
  });
  const first = loaded.position.index + 1;
  const commands: Command[] = [{ type: 'openSession', nonce: 'n' }];
  for (let sequence = 1; sequence <= 20; sequence += 1) {
    const object = `[${objectAt(6 + sequence)}]`;
    commands.push(alone({ session: first, sequence }, only(append(`b${sequence}`, 1, object))));
  }
  for (const [place, command] of commands.entries()) {
    const index = (first + place) as LogIndex;
    const payload = encodeCommand(command);
    const entry: Entry = { index, term, wallMs: 1 as WallMs, kind: 'command', payload };
    log.append([entry], 0);
    // A group of its own each: so there are several files.
    await until('it is durable', () => durableIndex === index);
  }
  await close();
}

type Found = { readonly count: number; readonly wrong: readonly string[]; readonly says: number };

async function read(directory: string): Promise<Found> {
  const survey = await surveyDirectory(directory);
  let count = 0;
  let says = survey.problems.length;
  const wrong: string[] = [];
  for await (const found of objectsOf(survey)) {
    if (found.type === 'gap') {
      says += 1;
      continue;
    }
    for (const [place, object] of splitJsonArray(found.batch.data).entries()) {
      const seq = found.batch.firstSeq + place;
      const text = Buffer.from(object).toString();
      if (text !== objectAt(seq)) wrong.push(`${seq}: ${text}`);
      count += 1;
    }
  }
  return { count, wrong, says };
}

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const contentOf = (directory: string): Map<string, string> =>
  new Map(readdirSync(directory).map(name => [name, hashOf(readFileSync(join(directory, name)))]));

function* damagesOf(path: string): Generator<readonly [string, () => void]> {
  const whole = readFileSync(path);
  // Behind what was written, a file of the log is filled with zeros.
  const used = whole.findLastIndex(byte => byte !== 0) + 1;
  yield ['gone', () => rmSync(path)];
  for (const part of [0, 0.3, 0.6, 0.9]) {
    const place = Math.floor(part * used);
    yield [`cut at ${place}`, () => truncateSync(path, place)];
    const flipped = Buffer.from(whole);
    flipped[place] = (flipped[place] ?? 0) ^ 4;
    yield [`flipped at ${place}`, () => writeFileSync(path, flipped)];
    const zeroed = Buffer.from(whole);
    zeroed.fill(0, place, Math.min(whole.length, place + 100));
    yield [`zeroed at ${place}`, () => writeFileSync(path, zeroed)];
  }
}

test('a damaged directory is read as far as it reaches, and what is missing is said', async t => {
  const root = mkdtempSync(join(tmpdir(), 'gossip-raft-survey-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  const whole = join(root, 'whole');
  await fill(whole);
  t.deepEqual(await read(whole), { count: objectCount, wrong: [], says: 0 });
  const names = readdirSync(whole);
  t.true(names.filter(name => name.endsWith('.wal')).length > 2, names.join());
  let damages = 0;
  for (const name of names) {
    for (const [what] of damagesOf(join(whole, name))) {
      const copy = join(root, 'copy');
      cpSync(whole, copy, { recursive: true });
      for (const [other, harm] of damagesOf(join(copy, name))) if (other === what) harm();
      const before = contentOf(copy);
      const { count, wrong, says } = await read(copy);
      t.deepEqual(wrong, [], `${name} ${what}`);
      t.true(count === objectCount || says > 0, `${name} ${what}: ${count} objects, silently`);
      t.deepEqual(contentOf(copy), before, `${name} ${what}: something was changed`);
      rmSync(copy, { recursive: true });
      damages += 1;
    }
  }
  t.true(damages > 60, `${damages}`);
});
