import test from 'ava';
import { LocalServers } from '../../src/cli/local-servers.ts';
import { until } from '../fixtures/until.ts';

test('a server that the machine cannot start is named and tried again, and ends nobody else', async t => {
  const { execPath } = process;
  t.teardown(() => {
    process.execPath = execPath;
  });
  process.execPath = '/nowhere/node';
  const said: string[] = [];
  const servers = new LocalServers({
    config: 'cluster.json',
    dataDir: undefined,
    logFormat: 'text',
    say: (_, text) => said.push(text),
    onNoneLeft: () => t.fail('it will be tried again'),
  });
  servers.want(['n1']);
  await until('it is said', () => said.length > 0);
  await servers.stop();
  t.deepEqual(said, ['n1 cannot be started (ENOENT): 0 of 1 serve; it is started again in 3 s']);
});
