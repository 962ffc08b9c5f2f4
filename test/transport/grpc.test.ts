import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, credentials } from '@grpc/grpc-js';
import test from 'ava';
import { service as healthService } from 'grpc-health-check';
import { TestCluster } from '../fixtures/test-cluster.ts';
import { until } from '../fixtures/until.ts';

test('the standard health service answers', async t => {
  const cluster = await TestCluster.start(t, { count: 1 });
  const { port } = JSON.parse(readFileSync(join(cluster.folder, 'n0.json'), 'utf8')).nodes.n0;
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  t.teardown(() => client.close());
  const { path, requestSerialize, responseDeserialize } = healthService['Check'] ?? {};
  if (path === undefined || requestSerialize === undefined || responseDeserialize === undefined) {
    throw new Error('the health service has no method Check');
  }
  const check = (): Promise<{ status?: unknown }> =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize as (bytes: Buffer) => { status?: unknown },
        { service: '' },
        (error, reply) => (error === null && reply !== undefined ? resolve(reply) : reject(error)),
      );
    });
  const status = await until('SERVING', async () => (await check().catch(() => undefined))?.status);
  t.is(String(status), 'SERVING');
});
