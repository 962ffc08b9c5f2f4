import type {
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  ServerDuplexStream,
  ServerWritableStream,
} from '@grpc/grpc-js';
import type { Refused } from '../../transport/generated/gossipraft/Refused.ts';

/** What every request says: which cluster is meant. */
export type Addressed = { readonly clusterId: string; readonly clusterName: string };
/** How every reply says that nothing was done. */
export type Refusing = { readonly refused: Refused };

/** Replies once, within the call or later. What its promise fails with ends the call. */
export type Unary<Request, Reply> = (
  request: Request,
  reply: (reply: Reply) => void,
) => Promise<void> | void;
export type Streaming<Request, Reply> = (call: ServerWritableStream<Request, Reply>) => void;
/** What is done with each message of a stream, and how one of them is refused. */
export type Conversation<Request> = {
  take(request: Request): void;
  refuse(request: Request, refused: Refused): void;
};

/** Why a request is not for this server; undefined when it is. */
export type Guard = (request: Addressed) => Refused | undefined;

export const unary =
  <Request extends Addressed, Reply>(
    guard: Guard,
    handle: Unary<Request, Reply>,
  ): handleUnaryCall<Request, Reply | Refusing> =>
  ({ request }, callback) => {
    const refused = guard(request);
    if (refused !== undefined) callback(null, { refused });
    else handle(request, reply => callback(null, reply))?.catch(callback);
  };

/** `last` is the message that ends a stream. */
export const streaming =
  <Request extends Addressed, Reply>(
    guard: Guard,
    handle: Streaming<Request, Reply>,
    last: (refused: Refused) => Reply,
  ): handleServerStreamingCall<Request, Reply> =>
  call => {
    const refused = guard(call.request);
    if (refused !== undefined) call.end(last(refused));
    else handle(call);
  };

export const conversing =
  <Request extends Addressed, Reply>(
    guard: Guard,
    open: (call: ServerDuplexStream<Request, Reply>) => Conversation<Request>,
  ): handleBidiStreamingCall<Request, Reply> =>
  call => {
    const conversation = open(call);
    call.on('data', (request: Request) => {
      const refused = guard(request);
      if (refused !== undefined) conversation.refuse(request, refused);
      else conversation.take(request);
    });
  };
