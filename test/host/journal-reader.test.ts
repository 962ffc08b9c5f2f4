import test from 'ava';
import { batchesFrom, UnreadableObjects } from '../../src/host/journal-reader.ts';
import { checkJournalReading, PostedObjects, readDuring } from './journal-runs.ts';

test('no answer skips or renumbers an object, whatever is posted, cut, restarted and damaged', async t => {
  t.is(await checkJournalReading(60), undefined);
});

test('a reader whose log is cut under it goes on in the archive', async t => {
  const server = await PostedObjects.create();
  for (let count = 0; count < 200; count += 1) server.post(2);
  const before = [...server.posted];
  let steps = 0;
  const found = await readDuring(server, 1, async () => {
    steps += 1;
    server.repeat();
    if (steps % 10 === 0) await server.save();
  });
  t.deepEqual(found, before);
  t.true(server.log.firstIndex > 200);
});

test('without its archive a server refuses old objects, and gives none their numbers', async t => {
  const server = await PostedObjects.create();
  for (let round = 0; round < 3; round += 1) {
    for (let count = 0; count < 100; count += 1) server.post(1);
    await server.save();
  }
  for (const path of server.archiveFiles) server.disk.remove(path);
  await server.restart();
  await t.throwsAsync(server.page(1, 10), {
    instanceOf: UnreadableObjects,
    message: /^object 1 cannot be read here: the file with object 1 is missing$/,
  });
  server.post(1);
  const [last] = await server.page(301, 10);
  t.deepEqual([last?.seq, Buffer.from(last?.data ?? '').toString()], [301, '{"a":301}']);
});

test('a file that is gone makes its own objects unreadable, and names the first one', async t => {
  const server = await PostedObjects.create();
  for (let round = 0; round < 4; round += 1) {
    for (let count = 0; count < 10; count += 1) server.post(1);
    await server.save();
  }
  const [, second = ''] = server.archiveFiles;
  server.disk.remove(second);
  t.is((await server.page(1, 10)).length, 10);
  t.is((await server.page(21, 20)).length, 20);
  const error = await t.throwsAsync(server.page(1, 11), {
    instanceOf: UnreadableObjects,
  });
  t.is(error?.seq, 11);
});

test('nothing is dropped while somebody reads', async t => {
  const server = await PostedObjects.create();
  for (let round = 0; round < 3; round += 1) {
    for (let count = 0; count < 10; count += 1) server.post(1);
    await server.save();
  }
  const rule = { maxBytes: 1, maxAgeMs: undefined };
  let last = 0;
  for await (const batch of batchesFrom(server.sources, 1)) {
    await server.archive.drop(rule, 0);
    last = batch.firstSeq;
  }
  t.is(last, 30);
  await server.archive.drop(rule, 0);
  t.is(server.archive.firstSeq, 21);
});
