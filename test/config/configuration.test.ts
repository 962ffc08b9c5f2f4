import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { parseConfiguration } from '../../src/config/cluster-configuration.ts';
import { loadConfiguration } from '../../src/config/load-configuration.ts';
import { checkOddFile, oddFiles } from './odd-files.ts';

const node = { host: 'localhost', port: 50_051 };

test('the shipped file is valid, and everything but the nodes has a default', t => {
  const shipped = loadConfiguration('cluster-configuration.json');
  t.deepEqual(Object.keys(shipped.nodes), ['n0', 'n1', 'n2']);
  t.deepEqual(shipped.warnings, []);
  const parsed = parseConfiguration({ nodes: { n0: node } });
  t.like(parsed, {
    type: 'valid',
    configuration: { clusterName: 'gossip-raft', dataDirectory: './data' },
  });
});

const wrong: readonly (readonly [string, unknown, string, RegExp])[] = [
  ['no object', 7, '', /expected an object/],
  ['no nodes', {}, 'nodes', /expected an object of servers/],
  ['empty nodes', { nodes: {} }, 'nodes', /at least one server/],
  ['a port in words', { nodes: { n0: { ...node, port: 'x' } } }, 'nodes.n0.port', /port number/],
  ['a port too high', { nodes: { n0: { ...node, port: 70_000 } } }, 'nodes.n0.port', /1 to 65535/],
  ['no host', { nodes: { n0: { port: 1 } } }, 'nodes.n0.host', /host name/],
  ['a name with a slash', { nodes: { 'a/b': node } }, 'nodes.a/b', /letters, digits/],
  ['one port twice', { nodes: { n0: node, n1: node } }, 'nodes.n1.port', /taken by n0/],
  [
    'one port under two names',
    { nodes: { n0: node, n1: { ...node, host: '127.0.0.1' } } },
    'nodes.n1.port',
    /127\.0\.0\.1:50051 is taken by n0/,
  ],
  ['an unknown field', { nodes: { n0: node }, colour: 1 }, '', /unknown field "colour"/],
  ['an unknown timing', { nodes: { n0: node }, timing: 'slow' }, 'timing', /"fast", "default"/],
  [
    'a lease that cannot be renewed in time',
    { nodes: { n0: node }, timing: { profile: 'classroom', leaseMs: 1500 } },
    'timing.leaseMs',
    /at least 2 heartbeats of 1000 ms/,
  ],
  [
    'a lease that outlives elections',
    { nodes: { n0: node }, timing: { leaseMs: 2001 } },
    'timing.leaseMs',
    /at most twice the election time of 1000 ms/,
  ],
  [
    'an election that a late heartbeat starts',
    { nodes: { n0: node }, timing: { heartbeatMs: 400, leaseMs: 900 } },
    'timing.electionMs',
    /at least 3 heartbeats/,
  ],
];
for (const [what, value, field, problem] of wrong) {
  test(`${what}: the field is named, and what was expected`, t => {
    const parsed = parseConfiguration(value);
    if (parsed.type === 'valid') t.fail('it was accepted');
    else {
      t.is(parsed.field, field);
      t.regex(parsed.problem, problem);
    }
  });
}

test('a wrong number of nodes is reported and not obeyed; a bad file is one sentence', t => {
  const folder = mkdtempSync(join(tmpdir(), 'gossip-raft-config-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'c.json');
  writeFileSync(path, JSON.stringify({ num_nodes: 5, nodes: { n0: node } }));
  t.deepEqual(loadConfiguration(path).warnings, [
    `${path}: line 1, column 2: num_nodes says 5, but nodes lists 1 server; the list counts`,
  ]);
  writeFileSync(path, '{"nodes": ');
  t.throws(() => loadConfiguration(path), { name: 'StartupError', message: /c\.json is not JSON/ });
  t.throws(() => loadConfiguration(join(folder, 'none.json')), {
    message: /no such file.*--config/,
  });
});

for (const file of oddFiles) {
  test(`${file.what}: said, with the line and the column`, t => {
    t.is(checkOddFile(file), undefined);
  });
}
