import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parseConfiguration } from '../../src/config/cluster-configuration.ts';
import { loadConfiguration } from '../../src/config/load-configuration.ts';

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

const written = (t: ExecutionContext, text: string | Buffer): string => {
  const folder = mkdtempSync(join(tmpdir(), 'gossip-raft-config-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'c.json');
  writeFileSync(path, text);
  return path;
};
const n0 = '"n0": {"host": "localhost", "port": 17051}';
const n1 = '"n1": {"host": "localhost", "port": 17052}';

const refused: readonly (readonly [string, string | Buffer, RegExp])[] = [
  [
    'a server twice',
    `{"nodes": {\n  ${n0},\n  ${n0}\n}}`,
    /line 3, column 3: the field nodes\.n0: /,
  ],
  ['a field twice', `{"nodes": {${n0}},\n"nodes": {${n1}}}`, /line 2, column 1: the field nodes: /],
  ['a missing comma', `{"nodes": {\n  ${n0}\n  ${n1}\n}}`, /not JSON \(line 3, column 3: comma/],
  ['a comment', `{"nodes": {${n0}}} // three`, /not JSON \(line 1, column \d+: invalid comment/],
  ['nothing', '', /not JSON \(line 1, column 1: value expected\)/],
  ['endless brackets', '['.repeat(500_000), /not JSON \(line 1, column 1: /],
  ['another encoding', Buffer.from('\ufeff{}', 'utf16le'), /is UTF-16; save it as UTF-8/],
  ['a slip in the third line', `{"nodes": {\n${n0}},\n "timng": 1}`, /line 3, column 2: .*"timng"/],
  ['a wrong value', `{"nodes": {\n${n0.replace('17051', '0')}}}`, /line 2, column 29: .*n0\.port/],
];
for (const [what, text, sentence] of refused) {
  test(`${what}: the line and the column are named`, t => {
    t.throws(() => loadConfiguration(written(t, text)), {
      name: 'StartupError',
      message: sentence,
    });
  });
}

test('two servers only, and a byte order mark, are warned of', t => {
  const path = written(t, `\ufeff{\n  "nodes": {${n0}, ${n1}}}`);
  t.deepEqual(loadConfiguration(path).warnings, [
    `${path}: line 1, column 1: it begins with a byte order mark, which is passed over; save it ` +
      'without one',
    `${path}: line 2, column 3: the majority of 2 servers is both of them: no failure is ` +
      'survived; list 3',
  ]);
});
