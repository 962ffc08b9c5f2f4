// Original file: proto/client.proto

import type { Long } from '@grpc/proto-loader';

export interface KeyEntry {
  'key'?: (Buffer | Uint8Array | string);
  'value'?: (Buffer | Uint8Array | string);
  'type'?: (string);
  'version'?: (number | string | Long);
  'createRevision'?: (number | string | Long);
  'modRevision'?: (number | string | Long);
  'ttlMs'?: (number | string);
  'bytes'?: (number | string | Long);
  '_ttlMs'?: "ttlMs";
}

export interface KeyEntry__Output {
  'key': (Buffer);
  'value': (Buffer);
  'type': (string);
  'version': (number);
  'createRevision': (number);
  'modRevision': (number);
  'ttlMs'?: (number);
  'bytes': (number);
  '_ttlMs'?: "ttlMs";
}
