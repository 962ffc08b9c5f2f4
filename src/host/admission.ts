import type { Command } from '../machines/frame/command.ts';
import { earlierUse, isFull, windowMs } from '../machines/frame/idempotency-keys.ts';
import { levelOf } from '../machines/transaction.ts';
import type { HostContext } from './host-context.ts';
import { logTimeNow } from './log-time.ts';
import { upgradeSentence } from './upgrading.ts';

type Surroundings = Pick<HostContext, 'host' | 'applyLoop'>;

/** Transactions that are not let into the log; the others of the same message may come. */
export type NotAdmitted = {
  readonly reason: 'level' | 'idempotencyFull';
  /** In words, for people. */
  readonly detail: string;
  /** Their places among all transactions of the message. */
  readonly places: readonly number[];
};

/** Those that would be refused when they are applied, and would fill the log until then. */
export function notAdmitted(
  context: Surroundings,
  commands: readonly Extract<Command, { type: 'transact' }>[],
): NotAdmitted | undefined {
  if (context.host.view().role !== 'leader') return undefined;
  const items = commands.flatMap(({ items }) => items);
  const detail = upgradeSentence(context);
  if (detail !== undefined) return { reason: 'level', detail, places: [...items.keys()] };
  return beyondLevel(context, items) ?? withoutRoom(context, items);
}

type Items = Extract<Command, { type: 'transact' }>['items'];

const placesOf = (items: Items, isMeant: (item: Items[number]) => boolean): number[] =>
  items.flatMap((item, place) => (isMeant(item) ? [place] : []));

/** A server that does not know a command would stop at its entry. */
function beyondLevel({ applyLoop, host }: Surroundings, items: Items): NotAdmitted | undefined {
  const { level } = applyLoop.state;
  const places = placesOf(items, ({ transaction }) => levelOf(transaction) > level);
  if (places.length === 0) return undefined;
  const old = host
    .view()
    .membersBelow(level + 1)
    .join(', ');
  const detail = `the commands of level ${level + 1} are not known to all members yet: ${old}`;
  return { reason: 'level', detail, places };
}

function withoutRoom(context: Surroundings, items: Items): NotAdmitted | undefined {
  const keys = context.applyLoop.state.idempotency;
  const nowMs = logTimeNow(context);
  if (!isFull(keys, nowMs)) return undefined;
  const places = placesOf(
    items,
    ({ idempotency }) =>
      idempotency !== undefined &&
      earlierUse(keys, idempotency.key, idempotency.fingerprint, nowMs) === undefined,
  );
  if (places.length === 0) return undefined;
  const detail = 'the room for idempotency keys is taken by such as must be remembered';
  return { reason: 'idempotencyFull', detail, places };
}

/** For people: how many are remembered, what they take, and how far back they go. */
export function idempotencyFigures(context: Surroundings) {
  const { idempotency } = context.applyLoop.state;
  return {
    idempotencyKeys: idempotency.uses.size,
    idempotencyBytes: idempotency.uses.sizeBytes,
    idempotencyWindowMs: windowMs(idempotency, logTimeNow(context)),
  };
}
