// Original file: proto/gossip.proto


export interface Timing {
  'heartbeatIntervalMs'?: (number | string);
  'electionTimeoutMs'?: (number | string);
  'leaseMs'?: (number | string);
}

export interface Timing__Output {
  'heartbeatIntervalMs': (number);
  'electionTimeoutMs': (number);
  'leaseMs': (number);
}
