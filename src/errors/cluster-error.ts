/**
 * Everything that can go wrong with a request, and what the person may conclude from it:
 * `rejected`: it had no effect and never will; `unknown`: it may have had one, or yet get it.
 */
export const clusterErrors = {
  noLeader: {
    status: 503,
    outcome: 'rejected',
    title: 'No leader',
    hint: 'Start more servers: a majority of them must reach each other. Then try again.',
  },
  overloaded: {
    status: 429,
    outcome: 'rejected',
    title: 'Too many requests',
    hint: 'Send less at a time, and try again after a moment.',
  },
  outcomeUnknown: {
    status: 504,
    outcome: 'unknown',
    title: 'Outcome unknown',
    hint: 'Ask GET /v1/batches/{batch}, or repeat it under the same Idempotency-Key.',
  },
  keyConflict: {
    status: 422,
    outcome: 'rejected',
    title: 'Idempotency-Key used for another request',
    hint: 'Use a new key for a new request.',
  },
  idempotencyFull: {
    status: 429,
    outcome: 'rejected',
    title: 'No room for another Idempotency-Key',
    hint: 'Try again in a minute or later, or raise limits.idempotencyMaxBytes of the servers.',
  },
  tooMuch: {
    status: 400,
    outcome: 'rejected',
    title: 'Too much at once',
    hint: 'Ask for less: a narrower range, or no sorting.',
  },
  level: {
    status: 503,
    outcome: 'rejected',
    title: 'Not all servers know this yet',
    hint: 'Update the servers that are named; GET /v1/cluster shows the version of each.',
  },
  serverUnreachable: {
    status: 503,
    outcome: 'rejected',
    title: 'Server not reachable',
    hint: 'Start it, or ask another server.',
  },
  unknownServer: {
    status: 404,
    outcome: 'rejected',
    title: 'No such server',
    hint: 'GET /v1/cluster lists the servers.',
  },
  unsafeChange: {
    status: 409,
    outcome: 'rejected',
    title: 'The members cannot be changed so',
    hint: 'GET /v1/cluster shows who can be reached, and what is still on its way.',
  },
  cannotTransfer: {
    status: 409,
    outcome: 'rejected',
    title: 'The leadership cannot go there',
    hint: 'GET /v1/cluster shows who votes and follows; leave "to" away for the best server.',
  },
  tooStale: {
    status: 503,
    outcome: 'rejected',
    title: 'Data too old',
    hint: 'Ask for a larger maxStalenessMs, or for consistency=lease.',
  },
  forgotten: {
    status: 410,
    outcome: 'rejected',
    title: 'No longer kept',
    hint: 'Read the keys as they are now, and watch from the revision of that answer.',
  },
  future: {
    status: 400,
    outcome: 'rejected',
    title: 'Not there yet',
    hint: 'Use a revision that an answer has named.',
  },
  unreadable: {
    status: 503,
    outcome: 'rejected',
    title: 'Not readable',
    hint: 'A file is damaged or missing; GET /v1/cluster and the logs of the servers say which.',
  },
  diskFull: {
    status: 507,
    outcome: 'rejected',
    title: 'Disk full',
    hint: 'Make room on the disk of the leader; reads go on, and writes again when there is some.',
  },
  notUnderstood: {
    status: 502,
    outcome: 'rejected',
    title: 'Not understood',
    hint: 'Run the same version of the client server and of all servers.',
  },
  refused: {
    status: 502,
    outcome: 'rejected',
    title: 'Refused by the cluster',
    hint: 'The client server and the servers must have the same configuration file.',
  },
} as const;

export type ClusterErrorCode = keyof typeof clusterErrors;
export type Outcome = 'rejected' | 'unknown';

export class ClusterError extends Error {
  override readonly name = 'ClusterError';
  readonly code: ClusterErrorCode;
  /** The batch whose fate is open. */
  readonly batchId: string | undefined;

  constructor(code: ClusterErrorCode, message: string, batchId?: string) {
    super(message);
    this.code = code;
    this.batchId = batchId;
  }

  get outcome(): Outcome {
    return clusterErrors[this.code].outcome;
  }
}
