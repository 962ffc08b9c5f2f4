import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import test from 'ava';
import { TestCluster } from '../fixtures/test-cluster.ts';

/* Whoever pastes a line of the documentation into a shell gets what stands beside it. */

const run = promisify(execFile);
const documents = ['README.md', 'docs/http.md', 'docs/operating.md'];
const base = 'http://127.0.0.1:8000';
/** A watch has no end of its own. */
const patienceSeconds = 3;

type Example = {
  readonly document: string;
  readonly line: string;
  /** The JSON that the document shows below it. */
  readonly shown: string | undefined;
};

function examplesOf(document: string): Example[] {
  const blocks = [...readFileSync(document, 'utf8').matchAll(/```(\w+)\n([\s\S]*?)```/g)];
  return blocks.flatMap(([, language, text = ''], place) => {
    if (language !== 'sh') return [];
    const lines = text.split('\n').filter(line => line.startsWith('curl '));
    const [, nextLanguage, nextText] = blocks[place + 1] ?? [];
    const shown = nextLanguage === 'json' ? nextText : undefined;
    return lines.map((line, at) => ({
      document,
      line,
      shown: at === lines.length - 1 ? shown : undefined,
    }));
  });
}

async function answerOf(line: string, url: string): Promise<{ status: number; text: string }> {
  const command = `${line.replaceAll(base, url)} -m ${patienceSeconds} -w '\\n%{http_code}'`;
  const { stdout } = await run('sh', ['-c', command]).catch((error: { stdout: string }) => error);
  const place = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(place + 1)), text: stdout.slice(0, place) };
}

test('every curl line of the documentation works, and answers as the documentation shows', async t => {
  const examples = documents.flatMap(examplesOf);
  t.true(examples.length >= 15, `${examples.length} lines`);
  const cluster = await TestCluster.start(t);
  for (const { document, line, shown } of examples) {
    t.true(line.includes(base), `${document}: ${line}`);
    const { status, text } = await answerOf(line, cluster.url);
    const what = `${document}: ${line}\n${text}`;
    t.true(status >= 200 && status < 300, `${status} ${what}`);
    if (shown === undefined) continue;
    const names = (json: string): Set<string> => new Set(Object.keys(JSON.parse(json)));
    t.deepEqual(names(text), names(shown), what);
  }
});

test('the line that a refusal shows works', async t => {
  const cluster = await TestCluster.start(t, { count: 1 });
  const refused = [
    `curl -s -X POST ${base}/v1/kv/visits/incr`,
    `curl -s -X POST '${base}/v1/kv/it%27s/incr?by=2'`,
    `curl -s -X PUT ${base}/v1/members/n3 -d '{"address":"localhost:50054"}'`,
    `curl -s -X POST ${base}/v1/txn -d '{"then":[]}'`,
    `curl -s -X POST ${base}/v1/locks/door/acquire -d '{"holder":"me","ttl":10}'`,
    `curl -s -X POST ${base}/put_all -d '[{"hello":"world"}]'`,
    `curl -s -X POST ${base}/put_key -d '{"hello":"world"}'`,
  ];
  for (const line of refused) {
    const { status, text } = await answerOf(line, cluster.url);
    t.true(status === 403 || status === 415, `${line}: ${text}`);
    const { hint } = JSON.parse(text) as { hint: string };
    const [, shown = ''] = /(curl .*)$/.exec(hint) ?? [];
    const answer = await answerOf(shown.replace('curl ', 'curl -s '), cluster.url);
    t.true(answer.status >= 200 && answer.status < 300, `${shown}: ${answer.text}`);
  }
});
