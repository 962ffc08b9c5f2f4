import type { AbortReason } from '../state-machines/result.ts';
import { RequestProblem, type RequestProblemCode } from './problem.ts';

const problems: Readonly<Record<AbortReason, readonly [RequestProblemCode, string, string]>> = {
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
    'Try again later: it is released or expires.',
  ],
  staleToken: [
    'staleToken',
    'the lock is not held under this token: it has expired, or somebody else holds it',
    'Acquire the lock again, and check what you were about to do.',
  ],
  answerTooLarge: [
    'tooLarge',
    'the values that the transaction reads are larger than 64 KiB together',
    'Read large values with GET /v1/kv/{key}?revision=, at the revision of the transaction.',
  ],
};

/** Why a transaction has had no effect, as an answer. */
export function abortProblem(reason: AbortReason, place?: number): RequestProblem {
  const [code, detail, hint] = problems[reason];
  const where = place === undefined ? '' : `operation ${place} (counted from 0): `;
  return new RequestProblem(code, `${where}${detail}`, hint);
}
