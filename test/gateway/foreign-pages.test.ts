import { request } from 'node:http';
import test from 'ava';
import { exposureOf } from '../../src/gateway/known-host.ts';
import { TestCluster } from '../fixtures/test-cluster.ts';
import { checkHosts } from './known-hosts.ts';

/*
 * Any page that an operator has open can make the browser send requests to 127.0.0.1. What a
 * browser sends unasked is sent here by hand, with the headers that it adds.
 */

const cleanUps: (() => Promise<void>)[] = [];
let cluster: TestCluster;
test.before(async () => {
  cluster = await TestCluster.start({ teardown: run => cleanUps.push(run) }, { count: 1 });
});
test.after.always(async () => {
  for (const cleanUp of cleanUps) await cleanUp();
});

type Headers = Readonly<Record<string, string>>;
type Reply = {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly text: string;
};

function send(method: string, path: string, headers: Headers, body = ''): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { port: cluster.clientPort, method, path, headers, setHost: headers['host'] === undefined },
      response => {
        let text = '';
        response.setEncoding('utf8').on('data', chunk => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const evil = 'http://evil.example';
/** What a page can make any browser send without being asked: these types, or none. */
const simpleTypes: readonly Headers[] = [
  {},
  { 'content-type': 'text/plain' },
  { 'content-type': 'text/plain;charset=UTF-8' },
  { 'content-type': 'text/plain; application/json' },
  { 'content-type': 'application/x-www-form-urlencoded' },
  { 'content-type': 'multipart/form-data; boundary=x' },
];
/** What the browser tells of the page: old ones nothing, if they take it for harmless. */
const pages: readonly Headers[] = [
  {},
  { origin: evil },
  { origin: 'null' },
  { origin: evil, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
  { origin: 'http://127.0.0.1:3000', 'sec-fetch-site': 'same-site' },
];
const writes: readonly (readonly [path: string, body: string])[] = [
  ['/v1/members/n0/replace', ''],
  ['/v1/members/n0/replace', '{}'],
  ['/v1/leader/transfer', ''],
  ['/v1/leader/transfer', '{"to":"n0"}'],
  ['/v1/kv/count/incr', ''],
  ['/v1/txn', '{"then":[{"op":"put","key":"owned","value":"x"}]}'],
  ['/v1/locks/door/acquire', '{"holder":"me","ttl":10}'],
  ['/put_all', '[{"owned":true}]'],
  ['/put_key', '{"owned":true}'],
];

test('no page can change anything: what browsers send unasked has no effect', async t => {
  for (const [path, body] of writes) {
    for (const type of simpleTypes) {
      for (const page of pages) {
        const { status, text } = await send('POST', path, { ...type, ...page }, body);
        const what = `${path} ${JSON.stringify({ ...type, ...page })}: ${status} ${text}`;
        t.true(status === 403 || status === 415, what);
        t.like(JSON.parse(text), { outcome: 'rejected' }, what);
      }
    }
  }
  t.deepEqual(await cluster.entries(), []);
  for (const key of ['count', 'owned']) {
    t.is((await cluster.send('GET', `/v1/kv/${key}`)).status, 404, key);
  }
  const { members, changes } = await cluster.view();
  t.deepEqual(changes, []);
  t.like(members, [{ id: 'n0', voter: true, role: 'leader' }]);
});

test('a browser that asks for leave gets none', async t => {
  for (const [method, path] of [
    ['DELETE', '/v1/members/n0'],
    ['PUT', '/v1/kv/a'],
    ['POST', '/v1/members/n0/replace'],
  ] as const) {
    const asking = { origin: evil, 'access-control-request-method': method };
    const { status, headers } = await send('OPTIONS', path, asking);
    t.is(status, 403, path);
    const leave = Object.keys(headers).filter(name => name.startsWith('access-control-'));
    t.deepEqual(leave, [], path);
    // And one that does not ask, which none is, would be refused as well.
    t.is((await send(method, path, { origin: evil, 'x-gossip-raft': '1' })).status, 403, path);
  }
});

test('a page reads nothing that is kept, only whether we are alive, ready, and figures', async t => {
  await cluster.send('PUT', '/v1/kv/page', '<script>alert(1)</script>', {
    'content-type': 'text/html',
  });
  const kept = ['/v1/kv/page', '/v1/kv', '/v1/entries', '/v1/cluster', '/v1/gossip?server=n0'];
  const foreign = [{ origin: evil }, { 'sec-fetch-site': 'cross-site' }, { origin: 'null' }];
  for (const headers of foreign) {
    for (const path of [...kept, '/v1/watch', '/v1/batches/x']) {
      const { status, text } = await send('GET', path, headers);
      t.is(status, 403, path);
      t.is(JSON.parse(text).code, 'foreignOrigin', path);
    }
    for (const path of ['/livez', '/readyz', '/metrics']) {
      t.is((await send('GET', path, headers)).status, 200, path);
      t.is((await send('POST', path, headers)).status, 403, path);
    }
  }
  const own = `http://127.0.0.1:${cluster.clientPort}`;
  const ours = { host: `127.0.0.1:${cluster.clientPort}`, origin: own };
  for (const path of kept) {
    t.is((await send('GET', path, { ...ours, 'sec-fetch-site': 'same-origin' })).status, 200, path);
    t.is((await send('GET', path, { 'sec-fetch-site': 'none' })).status, 200, path);
  }
});

test('a name that somebody has pointed at this machine is refused', async t => {
  for (const host of [
    'evil.example',
    'evil.example:8000',
    '127.0.0.1.evil.example',
    'a@localhost',
  ]) {
    for (const [method, path] of [
      ['GET', '/v1/kv'],
      ['GET', '/metrics'],
      ['DELETE', '/v1/members/n0'],
    ] as const) {
      const { status, text } = await send(method, path, { host, origin: `http://${host}` });
      t.is(status, 403, `${host} ${path}`);
      t.like(JSON.parse(text), { code: 'foreignHost' });
      t.regex(text, /--allowed-hosts/);
    }
  }
  t.is((await send('GET', '/v1/kv', { host: 'localhost:8000' })).status, 200);
});

test('addresses, localhost and listed names are known, and nothing that looks like them', t => {
  t.is(checkHosts(), undefined);
});

test('no answer is guessed at, and a value that is opened can do nothing', async t => {
  await cluster.send('PUT', '/v1/kv/html', '<script>alert(1)</script>', {
    'content-type': 'text/html',
  });
  const paths = ['/v1/kv/html', '/v1/kv/none', '/nowhere', '/v1/entries', '/livez', '/metrics'];
  for (const path of paths) {
    const { headers } = await send('GET', path, {});
    t.is(headers['x-content-type-options'], 'nosniff', path);
    t.is(headers['cross-origin-resource-policy'], 'same-origin', path);
  }
  const { headers } = await send('GET', '/v1/kv/html', {});
  t.is(headers['content-type'], 'text/html');
  t.regex(String(headers['content-security-policy']), /default-src 'none'; sandbox/);
});

test('who listens where others reach it is warned', t => {
  for (const host of ['127.0.0.1', '127.8.8.8', 'localhost', '::1']) {
    t.is(exposureOf(host), undefined, host);
  }
  for (const host of ['0.0.0.0', '::', '10.0.0.7', 'raft.example.com']) {
    t.regex(exposureOf(host) ?? '', /whoever reaches the port can read and change everything/);
  }
});
