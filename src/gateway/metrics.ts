import type { Middleware } from 'koa';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ClusterClient } from '../client/cluster-client.ts';
import type { ClusterView } from '../client/cluster-view.ts';
import type { Health } from '../client/health.ts';
import type { MemberView } from '../client/member-view.ts';
import type { GatewayState } from './request-state.ts';
import type { WatchHub } from './watch-hub.ts';

const healthValues: Readonly<Record<Health, number>> = { GREEN: 2, YELLOW: 1, RED: 0 };

/** Figures of the client server, and of the cluster as it sees it, for Prometheus. */
export class GatewayMetrics {
  readonly #registry = new Registry();
  readonly #durations: Histogram;
  readonly #health: Gauge;
  readonly #survives: Gauge;
  readonly #term: Gauge;
  readonly #up: Gauge;
  readonly #leads: Gauge;
  readonly #indexes: Gauge;
  readonly #lease: Gauge;
  readonly #reads: Gauge;
  readonly #readRounds: Gauge;
  readonly #messages: Gauge;
  readonly #idempotency: Readonly<Record<'keys' | 'bytes' | 'window', Gauge>>;

  constructor(client: ClusterClient, watches: WatchHub) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#durations = new Histogram({
      name: 'gossip_raft_http_request_seconds',
      help: 'Time from a request to its answer',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    });
    const gauge = (name: string, help: string, labelNames: string[] = []): Gauge =>
      new Gauge({ name: `gossip_raft_${name}`, help, labelNames, registers });
    this.#health = gauge('health', '2 green, 1 yellow, 0 red');
    this.#survives = gauge('survives', 'How many more voters may fail');
    this.#term = gauge('term', 'Newest term that a server has told of');
    this.#up = gauge('server_up', 'Whether the server answers', ['server']);
    this.#leads = gauge('server_leads', 'Whether the server leads', ['server']);
    this.#indexes = gauge('server_index', 'Log indexes of the server', ['server', 'kind']);
    this.#lease = gauge('server_lease_remaining_seconds', 'Rest of the lease', ['server']);
    this.#reads = gauge(
      'server_reads_total',
      'Reads of keys since the server started, by what they rested on',
      ['server', 'kind'],
    );
    this.#readRounds = gauge(
      'server_read_rounds_total',
      'Rounds of messages that were needed only to confirm reads; a lease read needs none',
      ['server'],
    );
    this.#messages = gauge('server_messages_total', 'Messages sent to other servers', ['server']);
    this.#idempotency = {
      keys: gauge('server_idempotency_keys', 'Idempotency keys that are remembered', ['server']),
      bytes: gauge('server_idempotency_bytes', 'What they take', ['server']),
      window: gauge('server_idempotency_window_seconds', 'How far back they go', ['server']),
    };
    this.#registry.registerMetric(
      new Gauge({
        name: 'gossip_raft_pending_bytes',
        help: 'Bytes of puts that wait for their commit at this client server',
        registers: [],
        collect() {
          this.set(client.pendingBytes);
        },
      }),
    );
    this.#registry.registerMetric(
      new Gauge({
        name: 'gossip_raft_watches',
        help: 'Watches of the cluster that are open for all who watch here',
        registers: [],
        collect() {
          this.set(watches.upstreamCount);
        },
      }),
    );
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  middleware(): Middleware<GatewayState> {
    return async (ctx, next) => {
      const end = this.#durations.startTimer();
      try {
        await next();
      } finally {
        const { method } = ctx;
        const route = (ctx as { _matchedRoute?: string })._matchedRoute ?? 'none';
        end({ method, route, status: `${Math.floor(ctx.status / 100)}xx` });
      }
    };
  }

  observeCluster({ health, survives, term, leader, members }: ClusterView): void {
    this.#survives.set(survives);
    this.#health.set(healthValues[health]);
    this.#term.set(term);
    for (const { id: server, reachable, fact, counters, leaseRemainingMs } of members) {
      this.#up.set({ server }, reachable ? 1 : 0);
      this.#leads.set({ server }, server === leader ? 1 : 0);
      this.#lease.set({ server }, leaseRemainingMs / 1000);
      if (counters !== undefined) this.#observeReads(server, counters);
      if (fact === undefined) continue;
      this.#indexes.set({ server, kind: 'last' }, fact.last.index);
      this.#indexes.set({ server, kind: 'durable' }, fact.durable.index);
      this.#indexes.set({ server, kind: 'commit' }, fact.commit.index);
      this.#indexes.set({ server, kind: 'applied' }, fact.applied);
    }
  }

  #observeReads(server: string, counters: NonNullable<MemberView['counters']>): void {
    this.#reads.set({ server, kind: 'lease' }, counters.leaseReads);
    this.#reads.set({ server, kind: 'quorum' }, counters.quorumReads);
    this.#reads.set({ server, kind: 'bounded' }, counters.boundedReads);
    this.#reads.set({ server, kind: 'local' }, counters.localReads);
    this.#reads.set({ server, kind: 'refused' }, counters.refusedReads);
    this.#readRounds.set({ server }, counters.readRounds);
    this.#messages.set({ server }, counters.messagesSent);
    const { keys, bytes, window } = this.#idempotency;
    keys.set({ server }, counters.idempotencyKeys);
    bytes.set({ server }, counters.idempotencyBytes);
    window.set({ server }, counters.idempotencyWindowMs / 1000);
  }
}
