import { createWriteStream, existsSync, renameSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type ByteString, bytesOf } from '../codec/byte-string.ts';
import { splitJsonArray } from '../codec/split-json-array.ts';
import { StartupError } from '../errors/startup-error.ts';
import { firstOfPeople } from '../machines/keys/reserved.ts';
import { type KeysState, keysSlot } from '../machines/keys/state.ts';
import { demandUnlocked } from '../storage/directory-lock.ts';
import { demandDataDirectory, objectsOf, type Survey, surveyDirectory } from './survey.ts';

/**
 * `gossip-raft export DIRECTORY FILE`: what a data directory holds, as lines of JSON, without a
 * cluster and without changing anything; of a damaged one, as much as can be read.
 */
export async function exportDirectory(directory: string, file: string): Promise<void> {
  const [path, target] = [resolve(directory), resolve(file)];
  demandDataDirectory(path);
  if (existsSync(target)) throw new StartupError(`${target} is there already; name another file`);
  demandUnlocked(path);
  const survey = await surveyDirectory(path);
  const missing = [...survey.problems];
  const part = `${target}.part`;
  const counts = { keys: 0, objects: 0 };
  try {
    const lines = Readable.from(linesOf(survey, missing, counts));
    await pipeline(lines, createWriteStream(part, { mode: 0o600 }));
    renameSync(part, target);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
  const text = `${counts.keys} keys and ${counts.objects} objects`;
  process.stdout.write(`${target}: ${text}, as of log entry ${survey.position.index}\n`);
  if (missing.length === 0) return;
  const list = missing.map(one => `\n  - ${one}`).join('');
  throw new StartupError(`the directory is damaged, and the file is not whole:${list}`);
}

type Counts = { keys: number; objects: number };

async function* linesOf(survey: Survey, missing: string[], counts: Counts): AsyncGenerator<string> {
  const { metadata, position } = survey;
  yield line({
    type: 'export',
    cluster: metadata?.clusterName ?? null,
    cluster_id: metadata?.config?.clusterId ?? null,
    server: metadata?.nodeId ?? null,
    term: position.term,
    index: position.index,
  });
  const { keys } = survey.sources.state.states[keysSlot.name] as KeysState;
  for (const [key, record] of keys.entries(firstOfPeople)) {
    counts.keys += 1;
    const { value, type, version, createRevision, modRevision } = record;
    yield line({
      type: 'key',
      ...textOf('key', key as ByteString),
      ...textOf('value', value),
      content_type: type,
      version,
      create_revision: createRevision,
      mod_revision: modRevision,
      has_lease: record.lease !== 0,
    });
  }
  for await (const found of objectsOf(survey)) {
    if (found.type === 'gap') {
      missing.push(`objects ${found.from} to ${found.to} are missing: ${found.why}`);
      yield line({ type: 'missing', from: found.from, to: found.to });
      continue;
    }
    const { firstSeq, term, data } = found.batch;
    for (const [place, object] of splitJsonArray(data).entries()) {
      counts.objects += 1;
      // As text, so that numbers that no double can hold survive.
      const text = Buffer.from(object).toString();
      yield `{"type":"object","seq":${firstSeq + place},"term":${term},"data":${text}}\n`;
    }
  }
  yield line({ type: 'end', ...counts, missing });
}

const line = (value: object): string => `${JSON.stringify(value)}\n`;

/** Bytes that are no UTF-8 are given in Base64, under another name. */
function textOf(name: string, value: ByteString): object {
  const bytes = bytesOf(value);
  const text = bytes.toString('utf8');
  const isText = Buffer.from(text, 'utf8').equals(bytes);
  return isText ? { [name]: text } : { [`${name}_base64`]: bytes.toString('base64') };
}
