import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'ava';
import { freePorts } from '../fixtures/free-ports.ts';
import { InstalledPackage } from '../fixtures/installed-package.ts';
import { until } from '../fixtures/until.ts';

const program = `
import { connect, TextKeys, UnfitKey } from 'gossip-raft/client';
import { loadConfiguration, version } from 'gossip-raft';

const client = connect();
const keys = new TextKeys(client, { timeoutMs: 5000 });
await keys.set('greeting', 'hello');
const value = await keys.get('greeting');
const problem = await keys.get('').catch(error => error);
const { nodes } = loadConfiguration('cluster-configuration.json');
client.close();
console.log(value, problem instanceof UnfitKey, Object.keys(nodes).join(), version);
`;
/** The same, with types, and one mistake that the compiler must find. */
const typedProgram = `${program
  .replace(/^.*\.catch\(.*$/m, 'const problem: unknown = undefined;')
  .replace('console.log(value,', 'const text: string | undefined = value;\nconsole.log(text,')}
// @ts-expect-error: the value is a text.
await keys.set('greeting', 7);
`;
const compilerOptions = {
  module: 'NodeNext',
  target: 'ES2023',
  lib: ['ES2023'],
  types: ['node'],
  strict: true,
  noEmit: true,
};

/** Ctrl-C in a terminal reaches all processes of the group. */
async function interrupt(child: ChildProcess): Promise<void> {
  const hasEnded = child.exitCode !== null || child.signalCode !== null;
  if (hasEnded || child.pid === undefined) return;
  const exited = once(child, 'exit');
  process.kill(-child.pid, 'SIGINT');
  await exited;
}

test.serial(
  'the package is installed into an empty project: a cluster, a program, its types',
  async t => {
    const installed = new InstalledPackage(t);
    const { folder } = installed;
    const needed =
      /^(package\.json|README\.md|LICENSE|proto\/\w+\.proto|dist\/src\/.+\.(js|d\.ts))$/;
    t.deepEqual(
      installed.files.filter(path => !needed.test(path)),
      [],
      'nothing but what is needed',
    );

    const [port = 0] = await freePorts(1);
    const dev = spawn('npx', ['--no-install', 'gossip-raft', 'dev', '--port', String(port)], {
      cwd: folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    dev.stdout.on('data', (text: Buffer) => {
      output += text.toString();
    });
    t.teardown(() => interrupt(dev));
    await until('a cluster', () => output.includes('ready in'));
    for (const name of [
      'cluster-configuration.json',
      'data/n0/metadata.json',
      'data/logs/n0.log',
    ]) {
      t.true(existsSync(join(folder, name)), `${name} lies where the program was started`);
    }
    t.is(installed.run('npx', '--no-install', 'gossip-raft', 'kv', 'SET', 'a', 'b'), 'OK\n');

    installed.write('program.js', program);
    const version = installed.run('npx', '--no-install', 'gossip-raft', '--version').split(' ')[0];
    t.is(installed.run(process.execPath, 'program.js'), `hello true n0,n1,n2 ${version}\n`);

    installed.write('program.ts', typedProgram);
    installed.write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['program.ts'] }));
    const compiler = resolve('node_modules/typescript/bin/tsc');
    t.notThrows(() =>
      execFileSync(process.execPath, [compiler], { cwd: folder, stdio: 'inherit' }),
    );

    await interrupt(dev);
    await until('the end', () => output.includes('client  stopped'));
    t.false(existsSync(join(folder, 'node_modules/gossip-raft/data')), 'nothing in the package');
  },
);
