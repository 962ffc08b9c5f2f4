import type { Context } from 'koa';
import type { TransactAnswer } from '../client/cluster-client.ts';
import { ClusterError } from '../errors/cluster-error.ts';
import type { Answer, Operation } from '../machines/machines.ts';
import type { Transaction } from '../machines/transaction.ts';
import { abortProblem } from './abort-problem.ts';
import type { GatewayContext } from './context.ts';
import type { Sending } from './route.ts';

/** A transaction that has had its effect. */
export type Done = {
  readonly succeeded: boolean;
  readonly answers: readonly Answer[];
  readonly leader: string;
  readonly term: number;
  readonly index: number;
};
type AnswerTo<Op extends Operation['op']> = Extract<Answer, { readonly op: Op }>;

/** What is written, through the log. Throws a problem when it cannot be done. */
export async function transact(
  ctx: Context,
  context: GatewayContext,
  transaction: Transaction,
  sending: Sending,
): Promise<Done> {
  const { result, leader, term, index } = await send(ctx, context, transaction, sending);
  if (result.type === 'aborted') throw abortProblem(result.reason);
  const { succeeded, answers } = result;
  return { succeeded, answers, leader, term, index };
}

/** The same, for whoever tells of an abort in other words. */
export async function send(
  ctx: Context,
  { client }: GatewayContext,
  transaction: Transaction,
  { deadlineMs, idempotency }: Sending,
): Promise<TransactAnswer> {
  const answer = await client.transact(transaction, { timeoutMs: deadlineMs, idempotency });
  describeWrite(ctx, answer);
  return answer;
}

/** Where it stands in the log: a read with this minIndex shows it. */
function describeWrite(ctx: Context, { term, index, isReplay, windowMs }: TransactAnswer): void {
  ctx.set('X-Raft-Term', String(term));
  ctx.set('X-Raft-Index', String(index));
  if (isReplay) ctx.set('Idempotent-Replayed', 'true');
  if (windowMs === undefined) return;
  ctx.set('Idempotency-Window-Seconds', String(Math.floor(windowMs / 1000)));
}

/** One operation, and its answer. */
export async function operate<Op extends Operation['op']>(
  ctx: Context,
  context: GatewayContext,
  operation: Operation & { readonly op: Op },
  sending: Sending,
): Promise<Done & { readonly answer: AnswerTo<Op> }> {
  const transaction = { compare: [], success: [operation], failure: [] };
  const done = await transact(ctx, context, transaction, sending);
  return { ...done, answer: answerTo(operation.op, done.answers[0]) };
}

/** Every operation is answered under its own name. */
export function answerTo<Op extends Operation['op']>(
  op: Op,
  answer: Answer | undefined,
): AnswerTo<Op> {
  if (answer?.op === op) return answer as AnswerTo<Op>;
  throw new ClusterError('notUnderstood', `a server has not answered to ${op}`);
}

/** The revision of the keys after all of it; undefined when they had no part in it. */
export function revisionOf(answers: readonly Answer[]): number | undefined {
  const revisions = answers.flatMap(answer => ('revision' in answer ? [answer.revision] : []));
  return revisions.length === 0 ? undefined : Math.max(...revisions);
}
