import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { knownLevel } from '../../src/machines/transaction.ts';
import { freePorts } from '../fixtures/free-ports.ts';
import { TestCluster } from '../fixtures/test-cluster.ts';

type Ended = { readonly code: unknown; readonly stderr: string; readonly stdout: string };
type Case = readonly [expected: RegExp, ...flags: string[]];

/** What takes longer hangs. Some of the commands look for a cluster for five seconds. */
const endsWithinMs = 15_000;
const atATime = 4;

const run = (
  flags: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> =>
  new Promise(resolve => {
    const options = { timeout: endsWithinMs, env: { ...process.env, ...env } };
    execFile(
      process.execPath,
      ['dist/src/cli/main.js', ...flags],
      options,
      (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : (error.code ?? error.signal), stderr, stdout }),
    ).stdin?.end();
  });

/** One sentence on the error output, an exit code that says so, and no stack trace. */
async function refuseAll(t: ExecutionContext, cases: readonly Case[]): Promise<void> {
  const left = [...cases];
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [expected, ...flags] = next;
      const { code, stderr } = await run(flags);
      const what = flags.join(' ');
      t.true(code === 1 || code === 2, `${what}: exit code ${code}, ${stderr}`);
      t.regex(stderr, /^[^\n]+\n$/, what);
      t.notRegex(stderr, /\bat .*:\d+:\d+|node:internal/, what);
      t.regex(stderr, expected, what);
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
}

test.serial('wrong words: one sentence and an exit code, without a cluster', async t => {
  const cluster = await TestCluster.create(t, { count: 1 });
  const good = join(cluster.folder, 'n0.json');
  const write = (name: string, text: string): string => {
    const path = join(cluster.folder, name);
    writeFileSync(path, text);
    return path;
  };
  const port = JSON.parse(readFileSync(good, 'utf8')).nodes.n0.port as number;
  const blocker = createServer().listen(port, '127.0.0.1');
  t.teardown(() => blocker.close());
  const at = ['--config', good];
  await refuseAll(t, [
    [/unknown command 'nope'/, 'nope'],
    [/unknown command 'sever' \(Did you mean server\?\)/, 'sever', 'n0'],
    [/unknown option '--nope'/, 'server', 'n0', '--nope'],
    [/missing required argument 'name'/, 'server'],
    [/too many arguments/, 'server', 'n0', 'n1', ...at],
    [/no server "n7" in .*; it lists n0/, 'server', 'n7', ...at],
    [/no server "constructor" in/, 'server', 'constructor', ...at],
    [/no server "__proto__" in/, 'server', '__proto__', ...at],
    [/no server "\.\.\/x" in/, 'server', '../x', ...at],
    [/no server "" in/, 'server', '', ...at],
    [/'xml' is invalid.*text, json/, 'server', 'n0', '--log-format', 'xml', ...at],
    [/there is no such file/, 'server', 'n0', '--config', '/nowhere.json'],
    [/it is no file/, 'server', 'n0', '--config', cluster.folder],
    [/it is no file/, 'server', 'n0', '--config', '/dev/zero'],
    [/Expected a path/, 'server', 'n0', '--config', ''],
    [/is not JSON/, 'server', 'n0', '--config', write('a.json', '{')],
    [/is not JSON/, 'server', 'n0', '--config', write('b.json', '\0\u0001')],
    [
      /nodes\.n0\.port: expected/,
      'server',
      'n0',
      '--config',
      write('e.json', '{"nodes":{"n0":{"host":"x"}}}'),
    ],
    [/more than 1048576 bytes/, 'kv', '--config', write('c.json', ' '.repeat(1_048_577))],
    [/the document: expected an object/, 'dev', '--config', write('d.json', '[]')],
    [/\/proc\/x.* cannot be used/, 'server', 'n0', '--data-dir', '/proc/x', ...at],
    [/cannot be used/, 'server', 'n0', '--data-dir', '/dev/null/x', ...at],
    [/cannot be used/, 'server', 'n0', '--data-dir', good, ...at],
    [/Expected a path/, 'server', 'n0', '--data-dir', '', ...at],
    [/the port is in use/, 'server', 'n0', ...at],
    [/the port is in use/, 'client', String(port), ...at],
    [/from 0 to 65535/, 'client', '99999', ...at],
    [/from 0 to 65535/, 'client', 'x', ...at],
    [/from 0 to 65535/, 'client', '1e3', ...at],
    [/cannot listen on 192\.0\.2\.7/, 'client', '0', '--host', '192.0.2.7', ...at],
    [/from 0 to 65535/, 'dev', '--port', '-1', ...at],
    [/the port is in use/, 'dev', '--port', String(port), ...at],
    [/expected a URL like/, 'bench', '--url', 'nope'],
    [/expected a URL like/, 'bench', '--url', 'ftp://127.0.0.1'],
    [/cannot be reached/, 'bench', '--url', 'http://127.0.0.1:1'],
    [/from 1 to 10000/, 'bench', '--clients', '0'],
    [/from 1 to 86400/, 'bench', '--seconds', 'x'],
    [/'strong' is invalid/, 'bench', '--read', 'strong'],
    [/from 1 on/, 'simulate', '--seeds', '0'],
    [/from 0 on/, 'simulate', '--seed', '1.5'],
    [/name the backup/, 'restore', ...at],
    [/there is no file/, 'restore', '/nowhere', ...at],
    [/cannot be read|is damaged|is no backup/, 'restore', good, '--data-dir', '/proc/x', ...at],
    [/no server "n9"/, 'restore', good, '--server', 'n9', ...at],
    [/cannot be read \(ENOENT\)/, 'restore', '--from-text', '/nowhere', ...at],
    [/not both/, 'restore', good, '--from-text', good, ...at],
    [/line 1 of .* cannot be read/, 'restore', '--from-text', good, ...at],
    [/is there already/, 'backup', good, ...at],
    [/missing required argument/, 'recover', ...at],
    [/there is no directory/, 'recover', '/nowhere', '--dry-run', ...at],
    [/is no directory; name/, 'recover', good, '--yes', ...at],
    [/holds nothing of a server; name/, 'recover', cluster.folder, '--yes', ...at],
    [/missing required argument/, 'export', '/nowhere'],
    [/there is no directory/, 'export', '/nowhere', join(cluster.folder, 'x.jsonl')],
    [/is no directory; name/, 'export', good, join(cluster.folder, 'x.jsonl')],
    [/holds nothing of a server/, 'export', cluster.folder, join(cluster.folder, 'x.jsonl')],
    [/lists no server "n3": name its address/, 'member', 'add', 'n3', ...at],
    [/expected an address/, 'member', 'add', 'n3', 'nope', ...at],
    [/expected an address/, 'member', 'add', 'n3', 'host:0', ...at],
    [/expected a name of letters/, 'member', 'add', 'a/b', 'localhost:1', ...at],
    [/lists no server "constructor"/, 'member', 'add', 'constructor', ...at],
    [/name it with --with/, 'member', 'replace', 'n0', '--address', 'localhost:1', ...at],
    [/cannot take its own place/, 'member', 'replace', 'n0', '--with', 'n0', ...at],
    [/from 1 to 86400/, 'member', 'remove', 'n0', '--timeout', '0', ...at],
    [/no command "FOO", only SET/, 'kv', 'FOO', ...at],
    [/usage: GET key/, 'kv', 'GET', ...at],
    [/usage: SET key value/, 'kv', 'SET', 'a', ...at],
    [/a key has 1 to/, 'kv', 'GET', '', ...at],
    [/adds a whole number/, 'kv', 'INCR', 'a', 'x', ...at],
  ]);
});

test.serial('a cluster that is not there is one sentence, soon', async t => {
  const [port = 0] = await freePorts(1);
  const cluster = await TestCluster.create(t, { count: 1 });
  const config = join(cluster.folder, 'away.json');
  writeFileSync(config, JSON.stringify({ nodes: { n0: { host: 'localhost', port } } }));
  const at = ['--config', config];
  await refuseAll(t, [
    [/no leader was found in time/, 'kv', 'GET', 'a', ...at],
    [/no leader was found in time/, 'kv', 'SET', 'a', 'b', ...at],
    [/no server can be reached/, 'member', 'list', ...at],
    [/no server can be reached/, 'member', 'remove', 'n0', ...at],
    [/no leader was found in time/, 'leader', 'transfer', ...at],
    [/no leader was found in time/, 'backup', join(cluster.folder, 'x.backup'), ...at],
  ]);
});

test.serial('what the cluster refuses is one sentence, and nothing is done', async t => {
  const cluster = await TestCluster.start(t, { count: 1 });
  const at = ['--config', join(cluster.folder, 'n0.json')];
  t.deepEqual(await run(['kv', 'SET', 'word', 'hello', ...at]), {
    code: 0,
    stdout: 'OK\n',
    stderr: '',
  });
  await refuseAll(t, [
    [/the value is not a whole number/, 'kv', 'INCR', 'word', ...at],
    [/member not found: there is no n9, only n0/, 'member', 'remove', 'n9', ...at],
    [/member not found: there is no n9, only n0/, 'member', 'replace', 'n9', ...at],
    [/n0 still answers .*--force/, 'member', 'replace', 'n0', ...at],
    [/n9/, 'leader', 'transfer', 'n9', ...at],
    [/would|cannot|last|majority/, 'member', 'remove', 'n0', ...at],
    [/cannot be written/, 'backup', '/proc/x', ...at],
    [/the store is not empty/, 'restore', '--from-text', write(cluster, 'SET a b 1\n'), ...at],
  ]);
  t.is((await run(['kv', 'GET', 'word', ...at])).stdout, 'hello\n');
});

function write(cluster: TestCluster, text: string): string {
  const path = join(cluster.folder, 'logs.txt');
  writeFileSync(path, text);
  return path;
}

test.serial('the version is told, and the environment names files as flags do', async t => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const { stdout } = await run(['--version']);
  t.is(stdout, `${version} (commands up to level ${knownLevel})\n`);
  const { stderr } = await run(['server', 'n0'], { GOSSIP_RAFT_CONFIG: '/nowhere.json' });
  t.regex(stderr, /\/nowhere\.json: there is no such file/);
});
