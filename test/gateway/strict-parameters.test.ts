import test from 'ava';
import { nearestName } from '../../src/gateway/nearest-name.ts';
import { TestCluster } from '../fixtures/test-cluster.ts';

/*
 * What a hand that slips writes. Each of these was once taken for something else: a time to live
 * that was misspelt made a key that stays for ever, `keys_only=false` left the values away,
 * `revision=0` read the newest one, and whatever was repeated counted as it was written last.
 */

const cleanUps: (() => Promise<void>)[] = [];
let cluster: TestCluster;
test.before(async () => {
  cluster = await TestCluster.start({ teardown: run => cleanUps.push(run) }, { count: 1 });
});
test.after.always(async () => {
  for (const cleanUp of cleanUps) await cleanUp();
});

type Refusal = readonly [method: string, path: string, detail: RegExp, headers?: HeadersOfCase];
type HeadersOfCase = Readonly<Record<string, string>>;

const parameters: readonly Refusal[] = [
  // Unknown names, with the one that was meant.
  ['PUT', '/v1/kv/a?tll=1', /no parameter "tll" here; did you mean "ttl"\?/],
  ['PUT', '/v1/kv/a?TTL=1', /no parameter "TTL" here; did you mean "ttl"\?/],
  ['PUT', '/v1/kv/a?tl=1', /did you mean "ttl"\?/],
  ['PUT', '/v1/kv/a?ttl_ms=1', /no parameter "ttl_ms" here$/],
  ['PUT', '/v1/kv/a?revision=1', /no parameter "revision" here$/],
  ['GET', '/v1/kv/a?revison=1', /did you mean "revision"\?/],
  ['GET', '/v1/kv/a?consistancy=local', /did you mean "consistency"\?/],
  ['GET', '/v1/kv/a?consistnecy=local', /did you mean "consistency"\?/],
  ['GET', '/v1/kv/a?max_staleness_ms=1', /did you mean "maxStalenessMs"\?/],
  ['GET', '/v1/kv/a?limit=1', /no parameter "limit" here$/],
  ['GET', '/v1/kv?prefx=a', /did you mean "prefix"\?/],
  ['GET', '/v1/kv?keysonly=1', /did you mean "keys_only"\?/],
  ['GET', '/v1/kv?Prefix=a', /did you mean "prefix"\?/],
  ['GET', '/v1/entries?form=1', /did you mean "from"\?/],
  ['GET', '/v1/entries?limt=1', /did you mean "limit"\?/],
  ['GET', '/v1/entries?sever=n0', /did you mean "server"\?/],
  ['GET', '/v1/watch?prefixx=a', /did you mean "prefix"\?/],
  ['GET', '/v1/watch?afer=1', /did you mean "after"\?/],
  ['GET', '/v1/cluster?server=n0', /no parameter "server" here$/],
  ['GET', '/v1/gossip?srever=n0', /did you mean "server"\?/],
  ['GET', '/readyz?verbose', /no parameter "verbose" here$/],
  ['GET', '/v1/batches/x?x=1', /no parameter "x" here$/],
  ['DELETE', '/v1/kv/a?prefix=a', /no parameter "prefix" here$/],
  ['DELETE', '/v1/members/n0?force=1', /no parameter "force" here$/],
  ['POST', '/v1/kv/a/incr?ny=2', /did you mean "by"\?/],
  ['POST', '/v1/leader/transfer?to=n1', /no parameter "to" here$/],
  ['POST', '/put_all?idempotencyKey=1', /no parameter "idempotencyKey" here$/],
  ['GET', '/v1/kv?__proto__=1', /no parameter "__proto__" here$/],
  ['GET', '/v1/kv?constructor=1', /no parameter "constructor" here$/],
  // Repeated ones.
  ['PUT', '/v1/kv/a?ttl=1&ttl=2', /"ttl" is given more than once/],
  ['GET', '/v1/kv?prefix=a&prefix=a', /"prefix" is given more than once/],
  ['GET', '/v1/entries?from=1&limit=1&from=2', /"from" is given more than once/],
  // Numbers that look odd.
  ['GET', '/v1/kv?limit=', /"limit" is empty, expected a whole number from 1 to 10000/],
  ['GET', '/v1/kv?limit', /"limit" is empty/],
  ['GET', '/v1/kv?limit=0', /"limit" is "0", expected/],
  ['GET', '/v1/kv?limit=-1', /"limit" is "-1", expected/],
  ['GET', '/v1/kv?limit=%2B5', /"limit" is "\+5", expected/],
  ['GET', '/v1/kv?limit=+5', /"limit" is " 5", expected/],
  ['GET', '/v1/kv?limit=5%20', /"limit" is "5 ", expected/],
  ['GET', '/v1/kv?limit=1e2', /"limit" is "1e2", expected/],
  ['GET', '/v1/kv?limit=5.0', /"limit" is "5\.0", expected/],
  ['GET', '/v1/kv?limit=05', /"limit" is "05", expected/],
  ['GET', '/v1/kv?limit=0x10', /"limit" is "0x10", expected/],
  ['GET', '/v1/kv?limit=%D9%A3', /"limit" is "٣", expected/],
  ['GET', '/v1/kv?limit=1,000', /"limit" is "1,000", expected/],
  ['GET', '/v1/kv?limit=10001', /"limit" is "10001", expected/],
  ['GET', '/v1/entries?from=0', /"from" is "0", expected/],
  ['GET', '/v1/entries?from=9007199254740993', /"from" is "9007199254740993", expected/],
  ['GET', '/v1/kv/a?revision=0', /"revision" is "0", expected a whole number from 1/],
  ['GET', '/v1/kv/a?revision=NaN', /"revision" is "NaN", expected/],
  ['POST', '/v1/kv/a/incr?by=2.5', /"by" is "2\.5", expected/],
  ['POST', '/v1/kv/a/incr?by=-0', /"by" is "-0", expected/],
  ['POST', '/v1/kv/a/incr?by=', /"by" is empty, expected/],
  ['PUT', '/v1/kv/a?ttl=', /"ttl" is empty, expected seconds/],
  ['PUT', '/v1/kv/a?ttl=0', /"ttl" is "0", expected seconds above 0/],
  ['PUT', '/v1/kv/a?ttl=-1', /"ttl" is "-1", expected seconds/],
  ['PUT', '/v1/kv/a?ttl=1e3', /"ttl" is "1e3", expected seconds/],
  ['PUT', '/v1/kv/a?ttl=10s', /"ttl" is "10s", expected seconds/],
  ['PUT', '/v1/kv/a?ttl=+10', /"ttl" is " 10", expected seconds/],
  ['PUT', '/v1/kv/a?ttl=Infinity', /"ttl" is "Infinity", expected seconds/],
  ['PUT', '/v1/kv/a?ttl=99999999999999', /expected seconds/],
  // Yes and no.
  ['GET', '/v1/kv?keys_only=yes', /"keys_only" is "yes", expected true or false/],
  ['GET', '/v1/kv?keys_only', /"keys_only" is empty, expected true or false/],
  ['GET', '/v1/kv?keys_only=TRUE', /"keys_only" is "TRUE", expected true or false/],
  // What does not go together.
  ['GET', '/v1/kv?prefix=a&start=b', /"prefix" is "a", but "start" or "end" is given/],
  ['GET', '/v1/kv?prefix=a&end=b', /"prefix" is "a", but "start" or "end" is given/],
  ['GET', '/v1/kv/a?maxStalenessMs=5', /"maxStalenessMs" is "5", but only consistency=bounded/],
  ['GET', '/v1/kv/a?consistency=local&maxStalenessMs=5', /but only consistency=bounded/],
  ['GET', '/v1/kv/a?consistency=bounded', /"consistency" is "bounded", which needs a bound/],
  ['GET', '/v1/kv/a?consistency=Lease', /"consistency" is "Lease", expected "lease", "quorum"/],
  ['GET', '/v1/kv/a?consistency=quorum&server=n0', /but consistency=quorum is answered by the/],
  ['GET', '/v1/kv/a?consistency=local&server=', /"server" is empty, expected the name/],
  ['GET', '/v1/entries?server=', /"server" is empty, expected the name/],
  ['GET', '/v1/gossip?server=', /"server" is missing/],
  ['GET', '/v1/kv?cursor=abc', /"cursor" is "abc", expected the cursor of the page before/],
  [
    'GET',
    `/v1/kv?prefix=b&cursor=${Buffer.from('[1,"a"]').toString('base64url')}`,
    /which belongs to another range/,
  ],
  [
    'GET',
    `/v1/kv?revision=1&cursor=${Buffer.from('[1,"a"]').toString('base64url')}`,
    /"revision" is "1", but the cursor names one already/,
  ],
  // Ranges, leases, locks and watches.
  ['DELETE', '/v1/kv', /"prefix" is missing, expected one, or "start" and "end"/],
  ['DELETE', '/v1/kv?prefix=', /"prefix" is empty, expected some/],
  ['DELETE', '/v1/kv?start=a', /"end" is missing, expected one; for all keys from "start" on/],
  ['DELETE', '/v1/kv?end=a', /"start" is missing, expected where the range begins/],
  ['DELETE', '/v1/kv?prefix=a&start=b&end=c', /"prefix" is "a", but "start" or "end" is given/],
  ['DELETE', '/v1/kv?prefix=a&limit=1', /no parameter "limit" here$/],
  ['DELETE', '/v1/kv?prefix=a&prev=yes', /"prev" is "yes", expected true or false/],
  ['DELETE', '/v1/kv?prefix=a', /X-Fencing-Token is missing/, { 'x-lock': 'l' }],
  ['DELETE', '/v1/kv?prefix=a', /header If-Match has no effect here/, { 'if-match': '*' }],
  ['GET', '/v1/kv?start=b&end=a', /"end" is "a", which is not behind "start"/],
  ['GET', '/v1/kv?sort=size', /"sort" is "size", expected "key", "version"/],
  ['GET', '/v1/kv?order=down', /"order" is "down", expected "ascend", "descend"/],
  ['GET', '/v1/kv?count_only=2', /"count_only" is "2", expected true or false/],
  ['GET', '/v1/kv?min_mod_revision=0', /"min_mod_revision" is "0", expected/],
  ['GET', '/v1/kv?min_modrevision=1', /did you mean "min_mod_revision"\?/],
  [
    'GET',
    `/v1/kv?order=descend&cursor=${Buffer.from('[1,"a"]').toString('base64url')}`,
    /but only pages in ascending order of the keys have one/,
  ],
  ['GET', '/v1/kv/a?minIndex=-1', /"minIndex" is "-1", expected a whole number from 1/],
  ['GET', '/v1/kv/a?minindex=1', /did you mean "minIndex"\?/],
  ['GET', '/v1/kv/%00a', /begins with a zero byte; such keys are the cluster's own/],
  ['PUT', '/v1/kv/%00lock', /begins with a zero byte/],
  ['DELETE', '/v1/kv?prefix=%00', /begins with a zero byte/],
  ['GET', '/v1/watch?key=%00lock', /begins with a zero byte/],
  ['PUT', '/v1/kv/a?lease=0', /"lease" is "0", expected a whole number from 1/],
  ['PUT', '/v1/kv/a?lease=x', /"lease" is "x", expected/],
  ['PUT', '/v1/kv/a?lease=1&ttl=5', /"lease" is "1", but both "ttl" and "lease" are given/],
  ['PUT', '/v1/kv/a?lease=999', /there is no such lease/],
  ['PUT', '/v1/kv/a?previous=true', /no parameter "previous" here/],
  ['GET', '/v1/leases?limit=1001', /"limit" is "1001", expected/],
  ['GET', '/v1/leases?start=0', /"start" is "0", expected/],
  ['GET', '/v1/leases/x', /the id in the path is "x", expected a whole number from 1/],
  ['GET', '/v1/leases/07', /the id in the path is "07", expected/],
  ['GET', '/v1/leases/7', /there is no such lease/],
  ['POST', '/v1/leases/7/keepalive', /there is no such lease/],
  ['POST', '/v1/leases/7/keepalive', /Idempotency-Key has no effect/, { 'idempotency-key': 'k' }],
  ['GET', '/v1/locks?limit=0', /"limit" is "0", expected/],
  ['GET', '/v1/locks/l?lmit=1', /did you mean "limit"\?/],
  ['GET', `/v1/locks/${'x'.repeat(257)}`, /expected at most 256 characters/],
  ['GET', '/v1/locks/l/watch?after=1', /no parameter "after" here/],
  ['GET', '/v1/watch?after=1&from=2', /"from" is "2", but "after" is given, too/],
  ['GET', '/v1/watch?key=a&prefix=b', /"key" is "a", but "prefix", "start" or "end" is given/],
  ['GET', '/v1/watch?filter=all', /"filter" is "all", expected "put", "delete"/],
  ['GET', '/v1/watch?progress=often', /"progress" is "often", expected true or false/],
  ['GET', '/v1/watch?after=-1', /"after" is "-1", expected/],
  // Bytes that are no text would have become other ones.
  ['GET', '/v1/kv?prefix=%ff', /"prefix=%ff|"%ff" is not percent-encoded UTF-8/],
  ['GET', '/v1/kv/%ff', /the key in the path is not percent-encoded UTF-8/],
  ['GET', '/v1/locks/a/holder', /there is nothing at/],
  ['PUT', `/v1/kv/${'%F0%9F%98%80'.repeat(257)}`, /1028 bytes/],
  // Headers.
  ['GET', '/v1/kv/a', /X-Deadline-Ms is "5s", expected a whole/, { 'x-deadline-ms': '5s' }],
  ['GET', '/v1/kv/a', /X-Deadline-Ms is "0", expected a whole/, { 'x-deadline-ms': '0' }],
  ['GET', '/v1/kv/a', /X-Deadline-Ms is "1e3", expected/, { 'x-deadline-ms': '1e3' }],
  ['DELETE', '/v1/members/n0', /Idempotency-Key has no effect/, { 'idempotency-key': 'k' }],
  ['PUT', '/v1/kv/a', /Idempotency-Key .* longer than 200/, { 'idempotency-key': 'k'.repeat(201) }],
  ['POST', '/put_all', /header If-Match has no effect here/, { 'if-match': '"3"' }],
  ['DELETE', '/v1/members/n0', /header If-Match has no effect here/, { 'if-match': '*' }],
  ['PUT', '/v1/kv/a', /If-Match is "soon", expected an ETag/, { 'if-match': 'soon' }],
  ['PUT', '/v1/kv/a', /can never hold/, { 'if-match': '*', 'if-none-match': '*' }],
  ['PUT', '/v1/kv/a', /can never hold/, { 'if-match': '"3"', 'if-none-match': '"3"' }],
  ['PUT', '/v1/kv/a', /X-Lock is "l", but X-Fencing-Token is missing/, { 'x-lock': 'l' }],
  [
    'PUT',
    '/v1/kv/a',
    /X-Fencing-Token is "three", expected/,
    { 'x-lock': 'l', 'x-fencing-token': 'three' },
  ],
  ['GET', '/v1/watch', /Last-Event-ID is "last", expected/, { 'last-event-id': 'last' }],
];

test.serial(
  'a parameter that is unknown, repeated, odd or contradicts another is refused',
  async t => {
    for (const [method, path, detail, headers = {}] of parameters) {
      const body = method === 'PUT' ? 'x' : undefined;
      const answer = await cluster.send(method, path, body, headers);
      const problem = JSON.parse(answer.body);
      const what = `${method} ${path} ${JSON.stringify(headers)}: ${answer.body}`;
      t.true([400, 404].includes(answer.status), what);
      t.regex(problem.detail, detail, what);
      t.is(problem.outcome, 'rejected', what);
      t.true(problem.hint.length > 10, what);
      // What the library of shapes says of itself is for those who know it.
      t.notRegex(answer.body, /Invalid input|Unrecognized|received|undefined|NaN,/, what);
    }
    t.true(parameters.length >= 60, `${parameters.length} cases`);
    t.deepEqual(JSON.parse((await cluster.send('GET', '/v1/kv')).body).keys, []);
    t.like(await cluster.view(), { members: [{ id: 'n0', leaving: false }] });
  },
);

type Body = readonly [method: string, path: string, body: unknown, detail: RegExp];

const put = { op: 'put', key: 'a', value: 'x' };
// biome-ignore lint/suspicious/noThenProperty: the word of the API.
const then = (...operations: readonly unknown[]) => ({ then: operations });
const compare = (comparison: object) => ({ compare: [comparison], ...then(put) });

const bodies: readonly Body[] = [
  ['POST', '/v1/txn', [], /the body is an array, expected an object/],
  ['POST', '/v1/txn', 'x', /the body is "x", expected an object/],
  ['POST', '/v1/txn', null, /the body is null, expected an object/],
  ['POST', '/v1/txn', { than: [put] }, /unknown field "than"; did you mean "then"\?/],
  ['POST', '/v1/txn', { ...then(put), if: [] }, /the body has an unknown field "if"/],
  ['POST', '/v1/txn', { else: put }, /"else" is an object, expected an array/],
  ['POST', '/v1/txn', then({ op: 'fly' }), /"then\.0\.op" is "fly", expected "put", "delete"/],
  ['POST', '/v1/txn', then({}), /"then\.0\.op" is missing, expected "put", "delete"/],
  ['POST', '/v1/txn', then({ op: 'put' }), /"then\.0\.key" is missing, expected a key/],
  ['POST', '/v1/txn', then({ ...put, key: 7 }), /"then\.0\.key" is 7, expected a key/],
  ['POST', '/v1/txn', then({ ...put, vlaue: 'x' }), /"then\.0" has an .* did you mean "value"/],
  ['POST', '/v1/txn', then({ ...put, ttl: 0 }), /"then\.0\.ttl" is 0, expected/],
  ['POST', '/v1/txn', then({ ...put, ttl: '5' }), /"then\.0\.ttl" is "5", expected seconds/],
  ['POST', '/v1/txn', then(put, { op: 'incr', key: 'a', by: 0.5 }), /"then\.1\.by" is 0\.5, exp/],
  ['POST', '/v1/txn', then({ op: 'put', key: 'a', value_base64: '*' }), /value_base64.*base64/],
  ['POST', '/v1/txn', then({ op: 'put', key: '\ud800', value: 'x' }), /half a character/],
  ['POST', '/v1/txn', compare({ key: 'a' }), /"compare\.0" is an object, expected one of exists/],
  ['POST', '/v1/txn', compare({ key: 'a', exist: true }), /did you mean "exists"/],
  ['POST', '/v1/txn', compare({ key: 'a', version: 1, value: 'x' }), /got version and value/],
  ['POST', '/v1/txn', compare({ key: 'a', version: -1 }), /compare\.0\.version" is -1, expected/],
  ['POST', '/v1/txn', compare({ key: 'a', version: 1, is: '==' }), /is "==", expected "=", "!="/],
  ['POST', '/v1/txn', compare({ key: 'a', exists: true, is: '=' }), /"exists" takes no "is"/],
  ['POST', '/v1/txn', compare({ key: 'a', token: 1 }), /expected a "lock" beside "token"/],
  ['POST', '/v1/txn', compare({ lock: 'a', exists: true }), /expected a "key" beside "exists"/],
  ['POST', '/v1/locks/l/acquire', { ttl: 1 }, /"holder" is missing, expected a name/],
  ['POST', '/v1/locks/l/acquire', { holder: '', ttl: 1 }, /"holder" is empty, expected/],
  ['POST', '/v1/locks/l/acquire', { holder: 'x' }, /"ttl" is missing, expected seconds/],
  ['POST', '/v1/locks/l/acquire', { holder: 'x', ttl: 0.01 }, /"ttl" is 0\.01, expected at least/],
  ['POST', '/v1/locks/l/acquire', { holder: 'x', tttl: 1 }, /did you mean "ttl"/],
  ['POST', '/v1/locks/l/release', { token: '1' }, /"token" is "1", expected the token/],
  ['POST', '/v1/locks/l/renew', { token: 1.5, ttl: 1 }, /"token" is 1\.5, expected/],
  ['POST', '/v1/txn', then({ ...put, lease: 1, ttl: 1 }), /"ttl" and "lease" are given/],
  ['POST', '/v1/txn', then({ ...put, lease: 0 }), /"then\.0\.lease" is 0, expected/],
  ['POST', '/v1/txn', then({ ...put, key: '\0a' }), /begins with a zero byte/],
  ['POST', '/v1/txn', then({ ...put, type: '' }), /"then\.0\.type" is empty, expected/],
  ['POST', '/v1/txn', then({ op: 'delete' }), /expected a "key", or a "prefix", or "start"/],
  ['POST', '/v1/txn', then({ op: 'delete', start: 'a' }), /expected a "key", or a "prefix"/],
  ['POST', '/v1/txn', then({ op: 'delete', key: 'a', prefix: 'b' }), /expected a "key", or a/],
  ['POST', '/v1/txn', then({ op: 'range', limit: -1 }), /"then\.0\.limit" is -1, expected/],
  ['POST', '/v1/txn', then({ op: 'grant' }), /"then\.0\.ttlMs" is missing, expected millisec/],
  ['POST', '/v1/txn', then({ op: 'grant', ttlMs: 0 }), /"then\.0\.ttlMs" is 0, expected at least/],
  ['POST', '/v1/txn', then({ op: 'revoke', leases: [] }), /"then\.0\.leases" is an array, exp/],
  ['POST', '/v1/txn', then({ op: 'acquire', lock: 'l' }), /holder" is missing, expected a name/],
  [
    'POST',
    '/v1/txn',
    then({ op: 'acquire', lock: 'l', holder: 'x' }),
    /"then\.0\.ttl" is missing, expected seconds, or the number of a "lease"/,
  ],
  ['POST', '/v1/txn', then({ op: 'put_all', entries: [] }), /the array is empty/],
  ['POST', '/v1/txn', compare({ lease: 1 }), /expected a "key" beside "lease", and no "lock"/],
  ['POST', '/v1/txn', compare({ lease: 1, alive: false }), /"compare\.0\.alive" is false, exp/],
  ['POST', '/v1/txn', compare({ alive: true }), /expected a "lease" beside "alive"/],
  ['POST', '/v1/txn', compare({ key: 'a', prefix: 'b', version: 1 }), /expected a "key" beside/],
  ['POST', '/v1/txn', compare({ end: 'b', version: 1 }), /expected a "key" beside "version"/],
  ['POST', '/v1/locks/l/acquire', { holder: 'x', ttl: 1, lease: 2 }, /"ttl" and "lease" are giv/],
  ['POST', '/v1/locks/l/acquire', { holder: 'x', ttl: 1, waitMs: -1 }, /"waitMs" is -1, expected/],
  ['POST', '/v1/locks/l/acquire', { holder: 'x', ttl: 1, waitMs: 1e9 }, /"waitMs" is 1000000000/],
  ['POST', '/v1/locks/l/acquire', { holder: 'x', ttl: 1, waitms: 1 }, /did you mean "waitMs"/],
  ['POST', '/v1/locks/l/acquire', { holder: '\ud800', ttl: 1 }, /which has half a character/],
  ['POST', '/v1/leases', {}, /"ttlMs" is missing, expected milliseconds/],
  ['POST', '/v1/leases', { ttlMs: 1.5 }, /"ttlMs" is 1\.5, expected whole milliseconds/],
  ['POST', '/v1/leases', { ttl: 1 }, /unknown field "ttl"/],
  ['POST', '/v1/leases/keepalive', { leases: [] }, /"leases" is an array, expected at least 1/],
  ['POST', '/v1/leases/keepalive', { leases: ['1'] }, /"leases\.0" is "1", expected the number/],
  ['PUT', '/v1/members/n3', {}, /"address" is missing, expected an address/],
  ['PUT', '/v1/members/n3', { address: 'x' }, /"address" is "x", expected an address like/],
  ['PUT', '/v1/members/n3', { adress: 'x:1' }, /did you mean "address"/],
  ['POST', '/v1/leader/transfer', { too: 'n1' }, /unknown field "too"; did you mean "to"\?/],
  ['POST', '/v1/leader/transfer', { to: 1 }, /"to" is 1, expected the name of a server/],
];

test.serial('a body that is not as it should be is refused in our own words', async t => {
  for (const [method, path, body, detail] of bodies) {
    const answer = await cluster.send(method, path, JSON.stringify(body));
    const problem = JSON.parse(answer.body);
    const what = `${method} ${path} ${JSON.stringify(body)}: ${answer.body}`;
    t.true([400, 422].includes(answer.status), what);
    t.regex(problem.detail, detail, what);
    t.notRegex(answer.body, /Invalid input|Unrecognized|received|undefined/, what);
  }
  t.deepEqual(JSON.parse((await cluster.send('GET', '/v1/kv')).body).keys, []);
});

test.serial('what was meant is what happens', async t => {
  const ask = async (path: string) => JSON.parse((await cluster.send('GET', path)).body);
  await cluster.send('PUT', '/v1/kv/a', 'x');
  const [whole] = (await ask('/v1/kv?keys_only=false')).keys;
  t.is(whole.value, 'x');
  const [bare] = (await ask('/v1/kv?keys_only=true')).keys;
  t.is(bare.value, undefined);
  t.is((await ask('/v1/kv?prefix=&cursor=&limit=5')).keys.length, 1);
  t.is((await cluster.send('POST', '/v1/kv/n/incr?by=-3')).status, 200);
  t.is((await cluster.send('GET', '/v1/kv/n')).body, '-3');
  t.is((await cluster.send('GET', '/v1/kv/')).status, 404, 'no key is not all keys');
  t.is((await cluster.send('POST', '/v1/kv/n/incr', '{"by":2}')).status, 400);
});

test('a name is near another by two slips at most, and a short one by fewer', t => {
  const known = ['ttl', 'prefix', 'start', 'end', 'by', 'maxStalenessMs'];
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['tll', 'ttl'],
    ['perfix', 'prefix'],
    ['prefixes', 'prefix'],
    ['strat', 'start'],
    ['nd', 'end'],
    ['b', undefined],
    ['x', undefined],
    ['suffix', undefined],
    ['something', undefined],
    ['', undefined],
    ['maxstalenessms', 'maxStalenessMs'],
    ['x'.repeat(10_000), undefined],
  ];
  for (const [written, meant] of cases) t.is(nearestName(written, known), meant, written);
});

test('an empty Idempotency-Key promises nothing, and is refused', async t => {
  const answer = await fetch(`${cluster.url}/put_all`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': '' },
    body: '[{"a":1}]',
  });
  t.is(answer.status, 400);
  t.regex(await answer.text(), /the header Idempotency-Key is empty/);
});

test('a watch from a revision that is not there yet ends, and says so', async t => {
  const answer = await fetch(`${cluster.url}/v1/watch?from=99999999`);
  t.is(answer.status, 200);
  t.regex(await answer.text(), /event:end\ndata:\{"code":"future","detail":"revision 99999998 is/);
});
