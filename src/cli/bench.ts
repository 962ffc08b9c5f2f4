import { Agent, request } from 'node:http';
import { createHistogram, performance, type RecordableHistogram } from 'node:perf_hooks';
import { StartupError } from '../errors/startup-error.ts';

type Options = {
  readonly url: string;
  readonly clients: number;
  readonly entries: number;
  readonly seconds: number;
  readonly warmup: number;
};

const microsecondsPerMs = 1000;

/** `gossip-raft bench`: puts to a running client server, closed loop, and what they took. */
export async function bench(options: Options): Promise<void> {
  const { url, clients, entries, seconds, warmup } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const objects = Array.from({ length: entries }, (_, place) => ({ place, text: 'x'.repeat(80) }));
  const body = Buffer.from(JSON.stringify(objects));
  await run({ url, agent, body, clients, seconds: warmup });
  const { histogram, elapsedMs } = await run({ url, agent, body, clients, seconds });
  agent.destroy();
  const ms = (microseconds: number): string => (microseconds / microsecondsPerMs).toFixed(2);
  const perSecond = histogram.count / (elapsedMs / 1000);
  process.stdout.write(
    `${clients} clients, ${entries} entries a put, ${body.length} bytes: ` +
      `${Math.round(perSecond)} puts/s, ${Math.round(perSecond * entries)} entries/s; ` +
      `ms: median ${ms(histogram.percentile(50))}, 99 % ${ms(histogram.percentile(99))}, ` +
      `max ${ms(histogram.max)}\n`,
  );
}

type Load = {
  readonly url: string;
  readonly agent: Agent;
  readonly body: Buffer;
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
      await put(load);
      const tookMs = performance.now() - sentAt;
      histogram.record(Math.max(1, Math.round(microsecondsPerMs * tookMs)));
    }
  };
  await Promise.all(Array.from({ length: load.clients }, client));
  return { histogram, elapsedMs: performance.now() - startedAt };
}

function put({ url, agent, body }: Load): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const outgoing = request(`${url}/put_all`, { agent, method: 'POST', headers }, response => {
      response.resume();
      response.once('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new StartupError(`${url} answered ${response.statusCode}`));
      });
    });
    outgoing.once('error', ({ message }) =>
      reject(new StartupError(`${url} cannot be reached (${message}); start a cluster first`)),
    );
    outgoing.end(body);
  });
}
