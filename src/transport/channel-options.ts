import type { ChannelOptions } from '@grpc/grpc-js';
import type { Endpoint } from '../addresses.ts';
import { mebibyte } from '../words.ts';

/** Larger than any batch of the protocol with its envelope; the gateway's limits are far below. */
export const messageMaxBytes = 32 * mebibyte;

/**
 * Channels of clients: quick to come back (the library's own backoff grows to two minutes), quick
 * to notice a dead peer, and never shared between two clients of one process.
 */
export const channelOptions: ChannelOptions = {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  'grpc.keepalive_time_ms': 5000,
  'grpc.keepalive_timeout_ms': 5000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.use_local_subchannel_pool': 1,
  // Records of every connection and call, for a service that is not offered.
  'grpc.enable_channelz': 0,
  'grpc.max_receive_message_length': messageMaxBytes,
  'grpc.max_send_message_length': messageMaxBytes,
};

/** Streams of one connection at a time: what comes beyond waits at its client. */
export const streamsMax = 1000;

export const serverOptions: ChannelOptions = {
  'grpc.max_concurrent_streams': streamsMax,
  // A client server speaks every few seconds; whoever has no open stream for so long has gone.
  'grpc.max_connection_idle_ms': 300_000,
  'grpc.enable_channelz': 0,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5000,
  'grpc.max_receive_message_length': messageMaxBytes,
  'grpc.max_send_message_length': messageMaxBytes,
};

/** `localhost` would be two addresses, and the other process may listen on the other one. */
export const addressOf = ({ host, port }: Endpoint): string => {
  const name = host === 'localhost' ? '127.0.0.1' : host;
  return name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`;
};
