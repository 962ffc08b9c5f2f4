import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { ClusterClient } from '../client/cluster-client.ts';
import { type HeldLock, LockLine } from '../client/lock-line.ts';
import { StartupError } from '../errors/startup-error.ts';
import type { Operation } from '../machines/machines.ts';
import type { TransactionResult } from '../machines/transaction.ts';
import { commandTimeoutMs, withClient } from './with-client.ts';

type LockOptions = {
  readonly config: string;
  /** Seconds after which a holder that has fallen silent has lost the lock. */
  readonly ttl: number;
  /** Seconds to wait in line. */
  readonly wait: number;
};

const msPerSecond = 1000;
const signalExitBase = 128;

/**
 * `gossip-raft lock NAME -- command`: runs the command while the lock is held, and no longer: when
 * the lock is lost, the command is ended. It ends as the command does.
 */
export const lock = (name: string, words: readonly string[], options: LockOptions): Promise<void> =>
  withClient(options, async client => {
    const ttlMs = msPerSecond * options.ttl;
    const held = await acquire(client, name, { ttlMs, waitMs: msPerSecond * options.wait });
    if (held === undefined) {
      throw new StartupError(`somebody else holds the lock ${name}; try again later`);
    }
    try {
      process.exitCode = await runHolding(client, { ...held, ttlMs }, name, words);
    } finally {
      // Who has lost it has nothing to release.
      await operate(client, { op: 'keys.release', lock: name, token: held.token }).catch(
        () => undefined,
      );
    }
  });

async function acquire(
  client: ClusterClient,
  name: string,
  { ttlMs, waitMs }: { readonly ttlMs: number; readonly waitMs: number },
): Promise<HeldLock | undefined> {
  const holder = `${hostname()}:${process.pid}:${randomUUID()}`;
  const hold = { ttlMs, lease: undefined, waits: waitMs > 0 };
  const result = await operate(client, { op: 'keys.acquire', lock: name, holder, ...hold });
  if (result.type === 'aborted' && result.reason === 'lockHeld') return undefined;
  const [answer] = result.type === 'done' ? result.answers : [];
  if (answer?.op !== 'keys.acquire') {
    throw new StartupError(`the lock ${name} cannot be taken: ${reasonOf(result)}`);
  }
  const { token, ticket = 0 } = answer;
  if (token !== undefined) return { ...answer, token };
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  process.once('SIGINT', leave);
  process.once('SIGTERM', leave);
  const place = { ...answer, lock: name, holder, ticket, isPrivate: true };
  const held = await new LockLine(client).wait(place, { waitMs, signal: gone.signal });
  process.off('SIGINT', leave);
  process.off('SIGTERM', leave);
  return held;
}

const reasonOf = (result: TransactionResult): string =>
  result.type === 'aborted' ? result.reason : 'the answer is not understood';

async function operate(client: ClusterClient, operation: Operation): Promise<TransactionResult> {
  const transaction = { compare: [], success: [operation], failure: [] };
  return (await client.transact(transaction, { timeoutMs: commandTimeoutMs })).result;
}

/** The exit code of the command, as a shell tells it. */
async function runHolding(
  client: ClusterClient,
  held: HeldLock & { readonly ttlMs: number },
  name: string,
  [program = '', ...words]: readonly string[],
): Promise<number> {
  const env = { ...process.env, LOCK_NAME: name, LOCK_TOKEN: String(held.token) };
  const child = spawn(program, words, { stdio: 'inherit', env });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', ({ message }) => {
      reject(new StartupError(`${program} cannot be started: ${message}`));
    });
    child.once('exit', (code, signal) => resolve(code ?? signalExitBase + (signal ? 1 : 0)));
  });
  // The command hears of them as well, and decides; the lock is released when it has ended.
  const pass = (signal: NodeJS.Signals): void => {
    child.kill(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, pass);
  const stopKeeping = keepAlive(client, held, () => endAsLost(child, name));
  return await ended.finally(stopKeeping);
}

function endAsLost(child: ChildProcess, name: string): void {
  process.stderr.write(`the lock ${name} is lost: the command is ended\n`);
  child.kill('SIGTERM');
}

/** Keeps the lock, and tells when its time is over without a word of the cluster. */
function keepAlive(
  client: ClusterClient,
  { lease, ttlMs }: { readonly lease: number; readonly ttlMs: number },
  lost: () => void,
): () => void {
  let deadline = performance.now() + ttlMs;
  let isOver = false;
  const intervalMs = ttlMs / 3;
  const renew = async (): Promise<void> => {
    const askedAt = performance.now();
    const demand = { consistency: 'lease' } as const;
    const query = { leases: [lease] };
    const { answer } = await client.query('leases.keepAlive', query, demand, intervalMs);
    const isAlive = answer.leases.some(one => one.lease === lease && one.ttlMs > 0);
    deadline = isAlive ? askedAt + ttlMs : 0;
  };
  const timer = setInterval(async () => {
    await renew().catch(() => undefined);
    if (performance.now() < deadline || isOver) return;
    isOver = true;
    lost();
  }, intervalMs);
  return () => clearInterval(timer);
}
