import { type ClusterErrorCode, clusterErrors, type Outcome } from '../errors/cluster-error.ts';

/** What is wrong with a request itself: it has had no effect and never will. */
export const requestProblems = {
  badJson: { status: 400, title: 'Not JSON' },
  badBody: { status: 400, title: 'Unreadable body' },
  badParameter: { status: 400, title: 'Wrong parameter' },
  badRequest: { status: 400, title: 'Not HTTP' },
  requestTimeout: { status: 408, title: 'Request incomplete' },
  headersTooLarge: { status: 431, title: 'Headers too large' },
  foreignHost: { status: 403, title: 'Meant for another host' },
  foreignOrigin: { status: 403, title: 'Sent by a page of another site' },
  missingHeader: { status: 403, title: 'Header missing' },
  notFound: { status: 404, title: 'Not found' },
  methodNotAllowed: { status: 405, title: 'Method not allowed' },
  batchNotFound: { status: 404, title: 'No such batch' },
  keyNotFound: { status: 404, title: 'No such key' },
  stillThere: { status: 409, title: 'The data directory is still in use' },
  alreadyMember: { status: 409, title: 'A member already' },
  lockHeld: { status: 409, title: 'Lock held by another' },
  staleToken: { status: 409, title: 'Fencing token is not that of the lock' },
  leaseNotFound: { status: 404, title: 'No such lease' },
  leaseIsPrivate: { status: 409, title: 'Lease of something else' },
  rangeTooLarge: { status: 409, title: 'Too many keys' },
  futureRevision: { status: 400, title: 'Not there yet' },
  aborted: { status: 409, title: 'Cannot be done' },
  notANumber: { status: 409, title: 'Not a whole number' },
  preconditionFailed: { status: 412, title: 'Precondition failed' },
  tooManyConnections: { status: 503, title: 'Too many connections' },
  tooLarge: { status: 413, title: 'Body too large' },
  wrongContentType: { status: 415, title: 'Wrong content type' },
  wrongShape: { status: 422, title: 'Not what was expected' },
} as const;
export type RequestProblemCode = keyof typeof requestProblems;
export type ProblemCode = RequestProblemCode | ClusterErrorCode | 'internal';

/** A request that is answered with a problem and nothing else. */
export class RequestProblem extends Error {
  override readonly name = 'RequestProblem';
  readonly code: RequestProblemCode;
  readonly hint: string;
  /** Members of the answer that belong to this kind of problem alone. */
  readonly more: Readonly<Record<string, string>>;

  constructor(
    code: RequestProblemCode,
    detail: string,
    hint: string,
    more: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.code = code;
    this.hint = hint;
    this.more = more;
  }
}

/** The body of an error (RFC 9457), with the members that people and programs act on. */
export type Problem = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  readonly outcome: Outcome;
  readonly hint: string;
  readonly msg: string;
  /** Names the request in the log of the client server. */
  readonly request: string;
  readonly batch?: string;
};

const titles = {
  ...requestProblems,
  ...clusterErrors,
  internal: { status: 500, title: 'Internal error' },
} as const;

export function problemOf(fields: {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly outcome: Outcome;
  readonly hint: string;
  readonly request: string;
  readonly batch?: string | undefined;
}): Problem {
  const { status, title } = titles[fields.code];
  const { batch, ...rest } = fields;
  return {
    type: `urn:gossip-raft:problem:${fields.code}`,
    title,
    status,
    ...rest,
    msg: fields.detail,
    ...(batch === undefined ? {} : { batch }),
  };
}
