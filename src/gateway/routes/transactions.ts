import { operationsMax } from '../../machines/transaction.ts';
import { abortProblem } from '../abort-problem.ts';
import { jsonBody } from '../bodies.ts';
import { RequestProblem } from '../problem.ts';
import { type Route, route } from '../route.ts';
import { revisionOf, send } from '../transact.ts';
import { answerBody } from '../transaction-answers.ts';
import { transactionShape } from '../transaction-shape.ts';
import { transactionOf } from '../transaction-words.ts';

const example =
  '{"compare":[{"key":"owner","exists":false}],"then":[{"op":"put","key":"owner","value":"me"}]}';

/** All of `then`, or all of `else`, or nothing: over keys, leases, locks and put_all entries. */
export const transactionRoutes: readonly Route[] = [
  route({
    method: 'post',
    path: '/v1/txn',
    body: jsonBody(transactionShape, example, { isLarge: true }),
    isWrite: true,
    ifUnknown:
      'Read what it would have changed before you repeat it; one that compares the mod_revision ' +
      'of a key that it writes can be repeated as it is.',
    async answer(ctx, context, { body, bytes, ...sending }) {
      const transaction = transactionOf(body, bytes);
      const { compare, success, failure } = transaction;
      if (compare.length + success.length + failure.length > operationsMax) {
        const detail = `more than ${operationsMax} comparisons and operations`;
        throw new RequestProblem('wrongShape', detail, 'Split it into smaller transactions.');
      }
      const { result, leader, index } = await send(ctx, context, transaction, sending);
      if (result.type === 'aborted') throw abortProblem(result.reason, result.place);
      const { succeeded, answers } = result;
      const asked = succeeded ? body.then : body.else;
      const results = asked.flatMap((one, place) => {
        const answer = answers[place];
        return answer === undefined ? [] : [answerBody(one, answer)];
      });
      const revision = revisionOf(answers) ?? null;
      ctx.body = { succeeded, revision, results, index, leader };
    },
  }),
];
