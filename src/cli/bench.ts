import { Agent, request as requestOver } from 'node:http';
import { createHistogram, performance, type RecordableHistogram } from 'node:perf_hooks';
import { StartupError } from '../errors/startup-error.ts';

type Options = {
  readonly url: string;
  readonly clients: number;
  readonly entries: number;
  readonly seconds: number;
  readonly warmup: number;
  /** Reads of one key with this consistency instead of puts. */
  readonly read?: 'lease' | 'quorum' | 'bounded' | 'local';
};

const microsecondsPerMs = 1000;

/** `gossip-raft bench`: requests to a running client server, closed loop, and what they took. */
export async function bench(options: Options): Promise<void> {
  const { clients, entries, seconds, warmup, read } = options;
  const url = baseOf(options.url);
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const request = read === undefined ? putOf(entries) : await readOf(read, url, agent);
  await run({ url, agent, request, clients, seconds: warmup });
  const { histogram, elapsedMs } = await run({ url, agent, request, clients, seconds });
  agent.destroy();
  const ms = (microseconds: number): string => (microseconds / microsecondsPerMs).toFixed(2);
  const perSecond = histogram.count / (elapsedMs / 1000);
  const rate = Math.round(perSecond);
  const work =
    read === undefined
      ? `${entries} entries a put: ${rate} puts/s, ${Math.round(perSecond * entries)} entries/s`
      : `${read} reads: ${rate} reads/s`;
  process.stdout.write(
    `${clients} clients, ${work}; ` +
      `ms: median ${ms(histogram.percentile(50))}, 99 % ${ms(histogram.percentile(99))}, ` +
      `max ${ms(histogram.max)}\n`,
  );
}

/** Without a path; throws a StartupError when it leads to no client server. */
function baseOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:') return url.origin;
  throw new StartupError(
    `expected a URL like "http://127.0.0.1:8000", got ${JSON.stringify(text)}`,
  );
}

type BenchRequest = {
  readonly method: string;
  readonly path: string;
  readonly type: string;
  readonly body: Buffer;
};

function putOf(entries: number): BenchRequest {
  const objects = Array.from({ length: entries }, (_, place) => ({ place, text: 'x'.repeat(80) }));
  const body = Buffer.from(JSON.stringify(objects));
  return { method: 'POST', path: '/put_all', type: 'application/json', body };
}

const benchKey = '/v1/kv/bench';
const valueBytes = 256;

/** Puts the key that is then read. */
async function readOf(consistency: string, url: string, agent: Agent): Promise<BenchRequest> {
  const body = Buffer.alloc(valueBytes, 'x');
  const put = { method: 'PUT', path: benchKey, type: 'text/plain', body };
  await send({ url, agent, request: put });
  const bound = consistency === 'bounded' ? '&maxStalenessMs=60000' : '';
  const path = `${benchKey}?consistency=${consistency}${bound}`;
  return { method: 'GET', path, type: 'text/plain', body: Buffer.alloc(0) };
}

type Load = {
  readonly url: string;
  readonly agent: Agent;
  readonly request: BenchRequest;
  readonly clients: number;
  readonly seconds: number;
};

async function run(load: Load): Promise<{ histogram: RecordableHistogram; elapsedMs: number }> {
  const histogram = createHistogram();
  const startedAt = performance.now();
  const endAt = startedAt + 1000 * load.seconds;
  const client = async (): Promise<void> => {
    while (performance.now() < endAt) {
      const sentAt = performance.now();
      await send(load);
      const tookMs = performance.now() - sentAt;
      histogram.record(Math.max(1, Math.round(microsecondsPerMs * tookMs)));
    }
  };
  await Promise.all(Array.from({ length: load.clients }, client));
  return { histogram, elapsedMs: performance.now() - startedAt };
}

function send({ url, agent, request }: Pick<Load, 'url' | 'agent' | 'request'>): Promise<void> {
  const { method, path, type, body } = request;
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': type, 'content-length': body.length };
    const outgoing = requestOver(`${url}${path}`, { agent, method, headers }, response => {
      response.resume();
      response.once('end', () => {
        if ((response.statusCode ?? 500) < 300) resolve();
        else reject(new StartupError(`${url} answered ${response.statusCode}`));
      });
    });
    outgoing.once('error', ({ message }) =>
      reject(new StartupError(`${url} cannot be reached (${message}); start a cluster first`)),
    );
    outgoing.end(body);
  });
}
