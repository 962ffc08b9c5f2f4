import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ClusterClient } from '../../src/client/cluster-client.ts';
import { append, only } from '../fixtures/commands.ts';
import { TestCluster } from '../fixtures/test-cluster.ts';

/*
 * `npm run soak -- 15`: three servers and a client server under moderate load for so many minutes,
 * and what each of them takes of the memory. A server must not grow by more than a tenth after the
 * first third of the time. Before that, so many batches are put that whatever is bounded by a count
 * (the batches that are remembered by their ids, the newest part of the log) has reached its bound.
 */

const minutes = Number(process.argv[2] ?? 15);
const operationsPerSecond = Number(process.argv[3] ?? 500);
const warmUpBatches = Number(process.argv[4] ?? 110_000);
const warmUpClients = 250;
const sampleMs = Math.min(20_000, (minutes * 60_000) / 30);
const batchMs = 20;
const underWayMax = 64;
const growthMax = 1.1;
const keys = 1000;

const text = 'x'.repeat(200);
let count = 0;
let failures = 0;
let underWay = 0;

/** Two of five post objects, two of five set keys (some for a while), one reads. */
async function operate(cluster: TestCluster): Promise<number> {
  count += 1;
  const place = count % 5;
  const key = `/v1/kv/key${(count * 7919) % keys}`;
  if (place < 2) {
    const headers = place === 0 && count % 50 === 0 ? { 'idempotency-key': randomUUID() } : {};
    return (await cluster.put([{ count, text }], headers)).status;
  }
  if (place === 4) return (await cluster.send('GET', key)).status;
  const path = count % 10 === 3 ? `${key}?ttl=30` : key;
  return (await cluster.send('PUT', path, text, { 'content-type': 'text/plain' })).status;
}

async function warmUp(cluster: TestCluster): Promise<void> {
  const client = new ClusterClient({
    clusterName: 'gossip-raft',
    servers: cluster.ids.map(id => cluster.addressOf(id)),
    pendingMaxBytes: 64 * 1024 * 1024,
    stallMs: 1000,
    connectsAtOnce: true,
  });
  const json = JSON.stringify([{ text }]);
  let left = warmUpBatches;
  const put = async (): Promise<void> => {
    for (; left > 0; left -= 1) {
      await client.transact(only(append(randomUUID(), 1, json)), { timeoutMs: 30_000 });
    }
  };
  await Promise.all(Array.from({ length: warmUpClients }, put));
  client.close();
}

/** Starts what is due; what the cluster does not keep up with is not made up for. */
function load(cluster: TestCluster): NodeJS.Timeout {
  return setInterval(() => {
    const due = (operationsPerSecond * batchMs) / 1000;
    for (let one = 0; one < due && underWay < underWayMax; one += 1) {
      underWay += 1;
      operate(cluster)
        .then(status => {
          if (status >= 500) failures += 1;
        })
        .catch(() => {
          failures += 1;
        })
        .finally(() => {
          underWay -= 1;
        });
    }
  }, batchMs);
}

function residentMebibytes(pid: number | undefined): number {
  const kibibytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kibibytes) / 1024;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

const cleanUps: (() => Promise<void>)[] = [];
const owner = { teardown: (cleanUp: () => Promise<void>) => void cleanUps.push(cleanUp) };
const cluster = await TestCluster.start(owner, { timing: 'default' });
const processes = [...cluster.ids, 'client'];
const samples = new Map(processes.map(id => [id, [] as number[]]));
await warmUp(cluster);
const running = load(cluster);
const startedAt = performance.now();
while (performance.now() - startedAt < minutes * 60_000) {
  await new Promise(resolve => setTimeout(resolve, sampleMs));
  for (const id of processes) samples.get(id)?.push(residentMebibytes(cluster.process(id).pid));
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  const sizes = processes.map(id => `${id} ${samples.get(id)?.at(-1)?.toFixed(0)}`).join(', ');
  process.stdout.write(`${seconds} s, ${count} operations, ${failures} failed; MiB: ${sizes}\n`);
}
clearInterval(running);
for (const cleanUp of cleanUps) await cleanUp();

for (const [id, sizes] of samples) {
  // Medians of some samples: what is resident goes up and down with the garbage collector.
  const third = Math.floor(sizes.length / 3);
  const early = median(sizes.slice(third, third + 6));
  const late = median(sizes.slice(-6));
  const growth = late / early;
  process.stdout.write(
    `${id}: ${early.toFixed(0)} MiB after a third, ${late.toFixed(0)} MiB at the end, ` +
      `${(100 * (growth - 1)).toFixed(1)} %\n`,
  );
  if (growth > growthMax && id !== 'client') process.exitCode = 1;
}
