import { type ByteString, bytesOf } from '../../codec/byte-string.ts';
import { quoted } from '../../events/quoted-words.ts';
import { decodeOldCommand, type OldTransact } from './old-command.ts';
import type { OldOperation } from './old-transaction.ts';

/*
 * Commands as lines for people: `SET name1 Jaggu`. What a line leaves out (sessions, batch ids) has
 * no part in what the keys and the journal come to hold.
 */

/** The command in one line. */
export function oldCommandText(payload: Uint8Array): string {
  const command = decodeOldCommand(payload);
  switch (command?.kind) {
    case undefined:
      return 'MALFORMED';
    case 'openSession':
      return 'SESSION';
    case 'tick':
      return 'TICK';
    case 'put':
      return `PUT_ALL ${quoted(textOf(command.data))}`;
    case 'transact':
      return transactionText(command);
  }
}

function transactionText(command: OldTransact): string {
  const { compare, success, failure } = command;
  const [operation] = success;
  const isPlain = compare.length === 0 && success.length === 1 && operation !== undefined;
  if (isPlain) return operationText(operation);
  const parts = JSON.stringify({ compare, success, failure });
  return `TXN ${quoted(parts)}`;
}

/** One operation in a line, as it is typed at the prompt where there is such a command. */
function operationText(operation: OldOperation): string {
  switch (operation.op) {
    case 'set': {
      const { value, type, ttlMs } = operation;
      const kind = type === 'text/plain' ? '' : ` TYPE ${quoted(type)}`;
      const life = ttlMs === undefined ? '' : ` TTL ${ttlMs}`;
      const key = keyText(operation.key);
      return isText(value)
        ? `SET ${key} ${quoted(textOf(bytesOf(value)))}${kind}${life}`
        : `SET_BASE64 ${key} ${bytesOf(value).toString('base64')}${kind}${life}`;
    }
    case 'delete':
      return `DEL ${keyText(operation.key)}`;
    case 'get':
    case 'look':
      return `GET ${keyText(operation.key)}`;
    case 'add':
      return `INCR ${keyText(operation.key)} ${operation.by}`;
    case 'append':
      return `PUT_ALL ${quoted(textOf(bytesOf(operation.data)))}`;
    case 'acquire':
      return `ACQUIRE ${quoted(operation.lock)} ${quoted(operation.holder)} ${operation.ttlMs}`;
    default:
      return `${operation.op.toUpperCase()} ${quoted(operation.lock)} ${operation.token}`;
  }
}

const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
const keyText = (key: ByteString): string => quoted(textOf(bytesOf(key)));
const isText = (value: ByteString): boolean => {
  const bytes = bytesOf(value);
  return Buffer.from(textOf(bytes), 'utf8').equals(bytes);
};
