import { linearizableRun, type Misfortune } from '../fixtures/linearizable-run.ts';
import { TestCluster } from '../fixtures/test-cluster.ts';

/* `npm run linearize -- 30`: real servers, real harm, and a verdict on what clients saw, each time. */

const runs = Number(process.argv[2] ?? 30);
const misfortunes: readonly Misfortune[] = ['kill -9', 'SIGSTOP', 'cut links'];
const harmsPerRun = 4;

let operations = 0;
let failures = 0;
for (let run = 0; run < runs; run += 1) {
  const cleanUps: (() => Promise<void>)[] = [];
  const misfortune = misfortunes[run % misfortunes.length] ?? 'kill -9';
  const count = run % 2 === 0 ? 3 : 5;
  const owner = { teardown: (cleanUp: () => Promise<void>) => void cleanUps.push(cleanUp) };
  const cluster = await TestCluster.start(owner, {
    count,
    hasProxies: misfortune === 'cut links',
  });
  const { verdict, open } = await linearizableRun(cluster, misfortune, harmsPerRun);
  for (const cleanUp of cleanUps) await cleanUp();
  if (verdict.type === 'linearizable') operations += verdict.operations;
  else failures += 1;
  process.stdout.write(
    `run ${run + 1}: ${count} servers, ${misfortune} of the leader ${harmsPerRun} times, ` +
      `${open} of unknown outcome: ${JSON.stringify(verdict)}\n`,
  );
}
process.stdout.write(`${runs} runs, ${operations} operations, ${failures} not linearizable\n`);
process.exitCode = failures === 0 ? 0 : 1;
