import type { Item } from '../machines/keys/item.ts';
import type { Answer } from '../machines/machines.ts';
import { itemBody, valueBody, versionsBody } from './item-body.ts';
import { answerTo } from './transact.ts';
import type { OperationBody } from './transaction-shape.ts';

/** What became of an operation, in the words in which it was asked for. */
export function answerBody(asked: OperationBody, answer: Answer): object {
  return { op: asked.op, ...outcomeOf(asked, answer) };
}

function outcomeOf(asked: OperationBody, answer: Answer): object {
  switch (asked.op) {
    case 'put': {
      const { item, previous } = answerTo('keys.put', answer);
      const before = previous === undefined ? null : itemBody(previous);
      return { ...standing(item), ...(asked.prev ? { prev: before } : {}) };
    }
    case 'delete': {
      const { deleted, previous } = answerTo('keys.delete', answer);
      const isOne = asked.key !== undefined;
      const before = asked.prev ? { prev: previous.map(itemBody) } : {};
      return { deleted: isOne ? deleted > 0 : deleted, ...before };
    }
    case 'get': {
      const [item] = answerTo('keys.range', answer).items;
      if (item?.value === undefined) return { exists: false };
      return { exists: true, ...valueBody(item.value), ...standing(item) };
    }
    case 'range': {
      const { items, count } = answerTo('keys.range', answer);
      return { count, keys: items.map(itemBody) };
    }
    case 'incr': {
      const { item } = answerTo('keys.add', answer);
      return { value: item.value ?? '', ...standing(item) };
    }
    case 'put_all': {
      const { batchId: batch, first, last } = answerTo('journal.append', answer);
      return { batch, first, last };
    }
    case 'grant': {
      const { lease, ttlMs } = answerTo('leases.grant', answer);
      return { lease, ttl_ms: ttlMs };
    }
    case 'revoke':
      return { ended: answerTo('leases.revoke', answer).ended };
    case 'acquire':
      return heldBody(answerTo('keys.acquire', answer));
    case 'renew':
      return heldBody(answerTo('keys.renew', answer));
    case 'release':
    case 'guard':
      return {};
  }
}

const standing = (item: Item): object => ({
  ...versionsBody(item),
  ...(item.lease === undefined ? {} : { lease: item.lease }),
});

const heldBody = ({
  token,
  lease,
  ttlMs,
}: {
  readonly token?: number | undefined;
  readonly lease: number;
  readonly ttlMs: number;
}) => ({ token, lease, ttl_ms: ttlMs });
