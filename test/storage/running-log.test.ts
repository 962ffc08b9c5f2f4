import test from 'ava';
import { nodeFileSystem } from '../../src/storage/file-system.ts';
import { Pace, paced } from '../../src/storage/pace.ts';
import { checkRunningLog } from './running-log.ts';

test('whatever is changed in a file of a running log is found, and neither removals nor an end are damage', async t => {
  t.is(await checkRunningLog(), undefined);
});

test('files are read no faster than the pace allows, however they are read', async t => {
  let waitedMs = 0;
  const pace = new Pace(100_000, ms => {
    waitedMs += ms;
    return Promise.resolve();
  });
  const file = await paced(nodeFileSystem, pace).openToRead('package-lock.json');
  const sizeBytes = await file.sizeBytes();
  for (let offset = 0; offset < sizeBytes; offset += 5000) {
    await file.read(Buffer.alloc(5000), offset);
  }
  await file.close();
  t.true(waitedMs >= sizeBytes / 100 - 20, `${waitedMs} ms for ${sizeBytes} bytes`);
});
