import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { parseConfiguration } from '../../src/config/cluster-configuration.ts';
import { runGateway } from '../../src/gateway/run-gateway.ts';
import { TestCluster } from '../fixtures/test-cluster.ts';

/* A real client server before a real cluster of one server: what is refused must not be stored. */

type Sent = {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
};
type Reply = {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Record<string, unknown>;
};

function send(
  port: number,
  { method = 'POST', path = '/put_all', headers, body }: Sent,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { port, method, path, headers: headers ?? { 'content-type': 'application/json' } },
      response => {
        const chunks: Buffer[] = [];
        response.on('data', chunk => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({
            status: response.statusCode ?? 0,
            body: text === '' ? {} : JSON.parse(text),
            headers: response.headers,
          });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const json = { 'content-type': 'application/json' };
const gzip = { ...json, 'content-encoding': 'gzip' };
const nested = (depth: number): string => `[{"a":${'['.repeat(depth)}${']'.repeat(depth)}}]`;

const refused: readonly (readonly [string, Sent, number, string, RegExp])[] = [
  ['no JSON', { body: '[{"a":' }, 400, 'badJson', /not JSON/],
  ['an empty body', { body: '' }, 400, 'badJson', /empty/],
  ['two commas', { body: '[{"a":1,,}]' }, 400, 'badJson', /not JSON/],
  ['a comment', { body: '[{"a":1} /* b */,]' }, 400, 'badJson', /not JSON/],
  ['an object', { body: '{"a":1}' }, 422, 'wrongShape', /expected an array, got a object/],
  ['a number', { body: '5' }, 422, 'wrongShape', /expected an array/],
  ['an empty array', { body: '[]' }, 422, 'wrongShape', /empty/],
  ['a number within', { body: '[{}, 7]' }, 422, 'wrongShape', /element 1 .* is a number/],
  ['null within', { body: '[null]' }, 422, 'wrongShape', /element 0 .* is null/],
  ['an array within', { body: '[{}, {}, []]' }, 422, 'wrongShape', /element 2 .* is an array/],
  ['an array for one', { path: '/put_key', body: '[{}]' }, 422, 'wrongShape', /one object/],
  ['no content type', { headers: {}, body: '[{}]' }, 415, 'wrongContentType', /missing/],
  [
    'a form',
    { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: '[{}]' },
    415,
    'wrongContentType',
    /not JSON/,
  ],
  ['broken UTF-8', { body: new Uint8Array([0x5b, 0xff, 0x5d]) }, 400, 'badBody', /UTF-8/],
  ['deep nesting', { body: nested(5000) }, 422, 'wrongShape', /deeper than 100/],
  [
    'a large body',
    { body: `[{"a":"${'x'.repeat(9 * 1024 * 1024)}"}]` },
    413,
    'tooLarge',
    /8388608/,
  ],
  ['broken gzip', { headers: gzip, body: 'no gzip' }, 400, 'badBody', /gzip/],
  [
    'a bomb',
    { headers: gzip, body: gzipSync(Buffer.alloc(64 * 1024 * 1024, 32)) },
    413,
    'tooLarge',
    /8388608/,
  ],
  [
    'another encoding',
    { headers: { ...json, 'content-encoding': 'br' }, body: '[{}]' },
    415,
    'wrongContentType',
    /"br"/,
  ],
  ['an unknown path', { path: '/put_some', body: '[{}]' }, 404, 'notFound', /put_some/],
  ['another method', { method: 'GET' }, 405, 'methodNotAllowed', /does not take GET/],
  [
    'a long key',
    { headers: { ...json, 'idempotency-key': 'x'.repeat(300) }, body: '[{}]' },
    400,
    'badParameter',
    /longer than 200/,
  ],
  [
    'a wrong deadline',
    { headers: { ...json, 'x-deadline-ms': 'soon' }, body: '[{}]' },
    400,
    'badParameter',
    /x-deadline-ms/i,
  ],
  [
    'a wrong number',
    { method: 'GET', path: '/v1/entries?from=0' },
    400,
    'badParameter',
    /from.*1 to/,
  ],
  [
    'a wrong limit',
    { method: 'GET', path: '/v1/entries?limit=many' },
    400,
    'badParameter',
    /limit/,
  ],
  [
    'an unknown server',
    { method: 'GET', path: '/v1/entries?server=n9' },
    404,
    'unknownServer',
    /n9/,
  ],
  ['no server', { method: 'GET', path: '/v1/gossip' }, 400, 'badParameter', /server.*missing/],
];

test('whatever is wrong gets one clear sentence, and nothing of it is stored', async t => {
  const cluster = await TestCluster.start(t, { count: 1 });
  for (const [what, sent, status, code, detail] of refused) {
    const reply = await send(cluster.clientPort, sent);
    t.is(reply.status, status, what);
    t.like(reply.body, { code, status, outcome: 'rejected' }, what);
    t.regex(String(reply.body['detail']), detail, what);
    t.notRegex(
      JSON.stringify(reply.body),
      /\bat .*\.[jt]s|node_modules/,
      `${what}: no stack trace`,
    );
    t.true(String(reply.body['hint']).length > 5, what);
    t.regex(String(reply.headers['content-type']), /^application\/problem\+json/, what);
  }
  t.deepEqual(await cluster.entries(), []);
});

test('what is odd but right is stored as it was written', async t => {
  const cluster = await TestCluster.start(t, { count: 1 });
  const bodies: readonly Sent[] = [
    { body: '[{"big":12345678901234567890, "x" : 1e400}]' },
    { body: '[{"a":[1,2,],},]' },
    { body: '[{"__proto__":{"admin":true},"constructor":1}]' },
    { body: '[{"a":1,"a":2}]' },
    { headers: gzip, body: gzipSync('[{"zipped":"ü"}]') },
    { headers: { 'content-type': 'application/vnd.x+json; charset=utf-8' }, body: '[{"v":1}]' },
    { path: '/put_key', body: ' {"k":"v"} ' },
  ];
  for (const sent of bodies)
    t.is((await send(cluster.clientPort, sent)).status, 200, String(sent.body));
  const response = await fetch(`${cluster.url}/v1/entries`);
  t.is(
    // A machine that is busy with something else may hold an election in between.
    (await response.text()).replaceAll(/"term":\d+/g, '"term":1'),
    '{"entries":[' +
      [
        '{"big":12345678901234567890, "x" : 1e400}',
        '{"a":[1,2]}',
        '{"__proto__":{"admin":true},"constructor":1}',
        '{"a":1,"a":2}',
        '{"zipped":"ü"}',
        '{"v":1}',
        '{"k":"v"}',
      ]
        .map((data, place) => `{"seq":${place + 1},"term":1,"data":${data}}`)
        .join(',') +
      '],"next":null,"last":7,"first_kept":1}',
  );
  t.is(({} as { admin?: boolean }).admin, undefined);
});

test('pages, single servers, gossip, metrics', async t => {
  const cluster = await TestCluster.start(t, { count: 1 });
  await cluster.put(Array.from({ length: 250 }, (_, place) => ({ place })));
  const page = await cluster.get<{ entries: { seq: number }[]; next: number }>(
    '/v1/entries?from=51&limit=100',
  );
  t.is(page.body.entries.length, 100);
  t.is(page.body.entries[0]?.seq, 51);
  t.is(page.body.next, 151);
  const local = await cluster.get('/v1/entries?server=n0&from=250');
  t.like(local.body, { next: null, view: { server: 'n0', behind: 0 } });
  const gossip = await cluster.get('/v1/gossip?server=n0');
  t.like(gossip.body, { server: 'n0', leader: 'n0' });
  const batch = await cluster.get('/v1/batches/unknown');
  t.is(batch.status, 404);
  t.like(batch.body, { code: 'batchNotFound', state: 'not found', batch: 'unknown' });
  t.like(batch.body, { outcome: 'unknown' }, 'it may yet be committed');
  t.regex(batch.headers.get('content-type') ?? '', /^application\/problem\+json/);
  const metrics = await (await fetch(`${cluster.url}/metrics`)).text();
  t.regex(metrics, /^gossip_raft_health 2$/m);
  t.regex(metrics, /^gossip_raft_server_index\{server="n0",kind="commit"\} \d+$/m);
  t.regex(
    metrics,
    /gossip_raft_http_request_seconds_count\{method="POST",route="\/put_all",status="2xx"\} 1/,
  );
});

test('no server at all: 503 within the deadline, with a hint', async t => {
  const parsed = parseConfiguration({ nodes: { n0: { host: 'localhost', port: 1 } } });
  if (parsed.type === 'invalid') throw new Error(parsed.problem);
  const gateway = await runGateway({
    configuration: { ...parsed.configuration, path: '', dataRoot: '', warnings: [] },
    host: '127.0.0.1',
    port: 0,
    onError: (_, error) => t.fail(error.message),
  });
  t.teardown(() => gateway.stop());
  const reply = await send(gateway.port, {
    headers: { ...json, 'x-deadline-ms': '200' },
    body: '[{}]',
  });
  t.is(reply.status, 503);
  t.is(reply.headers['retry-after'], '1');
  t.like(reply.body, { code: 'noLeader', outcome: 'rejected' });
  t.is(
    (
      await send(gateway.port, {
        method: 'GET',
        path: '/v1/entries',
        headers: { 'x-deadline-ms': '200' },
      })
    ).status,
    503,
  );
  t.is((await send(gateway.port, { method: 'GET', path: '/v1/entries?server=n0' })).status, 503);
  t.is((await send(gateway.port, { method: 'GET', path: '/readyz' })).status, 503);
});

test('servers of another cluster: 502, and which cluster they are of', async t => {
  const cluster = await TestCluster.start(t, { count: 1 });
  const text = readFileSync(join(cluster.folder, 'n0.json'), 'utf8');
  const parsed = parseConfiguration({ ...JSON.parse(text), clusterName: 'another' });
  if (parsed.type === 'invalid') throw new Error(parsed.problem);
  const gateway = await runGateway({
    configuration: { ...parsed.configuration, path: '', dataRoot: '', warnings: [] },
    host: '127.0.0.1',
    port: 0,
    onError: (_, error) => t.fail(error.message),
  });
  t.teardown(() => gateway.stop());
  const headers = { ...json, 'x-deadline-ms': '1000' };
  const put = await send(gateway.port, { headers, body: '[{}]' });
  const read = await send(gateway.port, { method: 'GET', path: '/v1/entries', headers });
  for (const { status, body } of [put, read]) {
    t.is(status, 502);
    t.like(body, { code: 'refused', outcome: 'rejected' });
    t.regex(
      String(body['detail']),
      /this is the cluster "gossip-raft" \([0-9a-f-]{36}\), not "another"/,
    );
  }
});
