import { RequestProblem, type RequestProblemCode } from './problem.ts';

type Words = readonly [code: RequestProblemCode, detail: string, hint: string];

const problems: Readonly<Record<string, Words>> = {
  notANumber: [
    'notANumber',
    'the value is not a decimal whole number',
    'Put a number such as 0 under the key first.',
  ],
  outOfRange: [
    'notANumber',
    'the sum does not fit into 64 bits',
    'Start again from a smaller value.',
  ],
  lockHeld: [
    'lockHeld',
    'somebody else holds the lock',
    'Try again later: it is released or expires. Or wait for it: {"waitMs":30000}.',
  ],
  lineTooLong: [
    'lockHeld',
    'somebody else holds the lock, and too many wait for it already',
    'Try again later.',
  ],
  staleToken: [
    'staleToken',
    'the lock is not held under this token: it has expired, or somebody else holds it',
    'Acquire the lock again, and check what you were about to do.',
  ],
  leaseNotFound: [
    'leaseNotFound',
    'there is no such lease: it has ended, and what hung on it is gone',
    'POST /v1/leases grants a new one.',
  ],
  leaseIsPrivate: [
    'leaseIsPrivate',
    'the lease was made for a single key or lock, and takes nothing else',
    'POST /v1/leases grants one that takes many.',
  ],
  answerTooLarge: [
    'tooLarge',
    'the values that it would answer with are larger than 64 KiB together',
    'Read large values with GET /v1/kv/{key}?revision=, at the revision of the answer.',
  ],
  rangeTooLarge: [
    'rangeTooLarge',
    'the range has more keys than one operation may touch',
    'Split it into narrower ranges.',
  ],
  reservedKey: [
    'badParameter',
    "the key begins with a zero byte; such keys are the cluster's own",
    'Choose another one.',
  ],
  futureRevision: [
    'futureRevision',
    'the revision is not there yet',
    'Use a revision that an answer has named.',
  ],
};

/** Why a transaction has had no effect, as an answer. */
export function abortProblem(reason: string, place?: number): RequestProblem {
  const [code, detail, hint] = problems[reason] ?? unknownWords(reason);
  const where = place === undefined ? '' : `operation ${place} (counted from 0): `;
  return new RequestProblem(code, `${where}${detail}`, hint);
}

/** Servers of a newer version may have reasons of their own. */
const unknownWords = (reason: string): Words => [
  'aborted',
  `it cannot be done: ${reason}`,
  'docs/http.md tells what it needs.',
];
