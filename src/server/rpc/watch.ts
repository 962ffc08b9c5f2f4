import type { ServerWritableStream } from '@grpc/grpc-js';
import { MalformedBytes } from '../../codec/byte-reader.ts';
import { MachineWatch, type Watcher } from '../../host/machine-watch.ts';
import { upgradeRefusal } from '../../host/upgrading.ts';
import type { WatchChange, WatchFilter, WatchName } from '../../machines/machines.ts';
import { decodeFilter, encodeChange } from '../../machines/query.ts';
import { CountedWriter } from '../../transport/counted-writer.ts';
import type { Refused } from '../../transport/generated/gossipraft/Refused.ts';
import type { WatchReply } from '../../transport/generated/gossipraft/WatchReply.ts';
import type { WatchRequest__Output as WatchRequest } from '../../transport/generated/gossipraft/WatchRequest.ts';
import { refused, refusedByHost } from '../refusals.ts';
import type { ServerContext } from '../server-context.ts';

type Call = ServerWritableStream<WatchRequest, WatchReply>;

const pingIntervalMs = 1000;

/** Watch: every change of a machine that the filter wants, behind a place. */
export const watch = (context: ServerContext) => (call: Call) => {
  const end = (reason: Refused): void => {
    if (call.writableEnded) return;
    call.write({ ended: reason });
    call.end();
  };
  const refusal = upgradeRefusal(context);
  if (refusal !== undefined) {
    end(refusedByHost(refusal));
    return;
  }
  const name = call.request.machine as WatchName;
  try {
    follow(context, call, { name, filter: decodeFilter(name, call.request.filter), end });
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
    end(refused('REFUSAL_INVALID', error.message));
  }
};

function follow<Name extends WatchName>(
  { requests, applyLoop, host, queries }: ServerContext,
  call: Call,
  watch: { readonly name: Name; readonly filter: WatchFilter<Name>; end(reason: Refused): void },
): void {
  const { name, filter, end } = watch;
  const writer = new CountedWriter<WatchReply>(call);
  const watcher: Watcher<WatchChange<Name>> = {
    get isGone() {
      return call.writableEnded;
    },
    get waitingBytes() {
      return writer.waitingBytes;
    },
    tell: (changes, through) => {
      const encoded = changes.map(change => encodeChange(name, change));
      writer.write({ changes: encoded, through }, sizeOf(encoded), () => watching.advance());
    },
    end: refusal => end(refusedByHost(refusal)),
  };
  const { after } = call.request;
  const source = { state: applyLoop.state, view: () => queries.view() };
  const watching = new MachineWatch(watcher, source, { name, filter, after });
  const unsubscribe = requests.onAdvance(() => watching.advance());
  // Who hears nothing goes to another server; so a server without a leader says nothing.
  const pinging = setInterval(() => {
    if (host.view().leader !== undefined) watching.ping();
  }, pingIntervalMs);
  const stop = (): void => {
    clearInterval(pinging);
    unsubscribe();
  };
  call.on('cancelled', stop);
  call.on('error', stop);
  call.on('close', stop);
  // Empty, and at once: the watcher knows from where on it is told.
  watching.ping();
  watching.advance();
}

const sizeOf = (changes: readonly Uint8Array[]): number =>
  changes.reduce((sum, { length }) => sum + length, 64);
