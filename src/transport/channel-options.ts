import type { ChannelOptions } from '@grpc/grpc-js';
import type { Endpoint } from './endpoint.ts';

/** Larger than any batch of the protocol with its envelope; the gateway's limits are far below. */
export const messageMaxBytes = 32 * 1024 * 1024;

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
  'grpc.max_receive_message_length': messageMaxBytes,
  'grpc.max_send_message_length': messageMaxBytes,
};

export const serverOptions: ChannelOptions = {
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
