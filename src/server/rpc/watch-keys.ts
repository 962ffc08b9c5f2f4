import type { ServerWritableStream } from '@grpc/grpc-js';
import { type KeyChange, KeyWatch, type Watcher } from '../../host/key-watch.ts';
import { CountedWriter } from '../../transport/counted-writer.ts';
import type { Refused } from '../../transport/generated/gossipraft/Refused.ts';
import type { WatchKeysReply } from '../../transport/generated/gossipraft/WatchKeysReply.ts';
import type { WatchKeysRequest__Output as WatchRequest } from '../../transport/generated/gossipraft/WatchKeysRequest.ts';
import { refusedByHost } from '../refusals.ts';
import type { ServerContext } from '../server-context.ts';

type Call = ServerWritableStream<WatchRequest, WatchKeysReply>;

const pingIntervalMs = 1000;

/** WatchKeys: every change of the keys with a prefix, from a revision on. */
export const watchKeys = (context: ServerContext) => (call: Call) => {
  const { requests, applyLoop, host } = context;
  const end = (reason: Refused): void => {
    if (call.writableEnded) return;
    call.write({ ended: reason });
    call.end();
  };
  const writer = new CountedWriter<WatchKeysReply>(call);
  const watcher: Watcher = {
    get isGone() {
      return call.writableEnded;
    },
    get waitingBytes() {
      return writer.waitingBytes;
    },
    tell: (changes, through) =>
      writer.write({ changes: [...changes], through }, sizeOf(changes), () => watch.advance()),
    end: refusal => end(refusedByHost(refusal)),
  };
  const { prefix, after } = call.request;
  const watch = new KeyWatch(watcher, applyLoop.state, { prefix, after });
  const unsubscribe = requests.onAdvance(() => watch.advance());
  // Who hears nothing goes to another server; so a server without a leader says nothing.
  const pinging = setInterval(() => {
    if (host.view().leader !== undefined) watch.ping();
  }, pingIntervalMs);
  const stop = (): void => {
    clearInterval(pinging);
    unsubscribe();
  };
  call.on('cancelled', stop);
  call.on('error', stop);
  call.on('close', stop);
  // Empty, and at once: the watcher knows from where on it is told.
  watch.ping();
  watch.advance();
};

const sizeOf = (changes: readonly KeyChange[]): number =>
  changes.reduce((sum, { key, entry }) => sum + key.length + (entry?.value?.length ?? 0), 64);
