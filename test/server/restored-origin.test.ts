import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { makeDirectory } from '../../src/cli/make-directory.ts';
import { loadConfiguration } from '../../src/config/load-configuration.ts';
import { createReplicatedState } from '../../src/machines/frame/replicated-state.ts';
import { bootReplica } from '../../src/server/boot-replica.ts';
import { loadState } from '../../src/server/load-state.ts';
import { openServerStorage } from '../../src/storage/server-storage.ts';
import type { LogIndex, Term } from '../../src/words.ts';

test('servers of different backups found no cluster together', async t => {
  const root = mkdtempSync(join(tmpdir(), 'gossip-raft-origin-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  const file = join(root, 'cluster.json');
  writeFileSync(file, JSON.stringify({ nodes: { n0: { host: 'localhost', port: 50_051 } } }));
  const configuration = loadConfiguration(file);
  const state = createReplicatedState();
  state.appliedIndex = 7;

  const hashOf = async (name: string, origin: string): Promise<string> => {
    const dataDirectory = join(root, name);
    const owner = { clusterName: configuration.clusterName, nodeId: 'n0' };
    await makeDirectory(dataDirectory, owner, {
      position: { term: 1 as Term, index: 7 as LogIndex },
      state,
      batches: async function* () {},
      origin,
    });
    const storage = await openServerStorage({
      dataDirectory,
      ...owner,
      tailMaxBytes: 1000,
      reserveBytes: 1,
      segmentMaxBytes: 100_000,
      listener: { persisted: () => undefined, failed: () => undefined },
      load: directory => loadState(directory, text => t.fail(text)),
    });
    t.is(storage.loaded.position.index, 2e12 as LogIndex);
    const { identity } = bootReplica(configuration, 'n0', storage);
    await storage.close();
    return identity.membersHash;
  };
  const one = await hashOf('one', 'an-id-7-aa');
  t.is(await hashOf('again', 'an-id-7-aa'), one);
  t.not(await hashOf('other', 'an-id-7-bb'), one);
});
