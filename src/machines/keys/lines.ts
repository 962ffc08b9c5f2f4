import { type ByteString, bytesOf, endOfKey, textOf } from '../../codec/byte-string.ts';
import { quoted } from '../../events/quoted-words.ts';

/*
 * Operations as lines for people, as they are typed at the prompt where there is such a command. A
 * key that is no text, which nobody can type, stands there in base64, and so does its value.
 */

type Put = {
  readonly key: ByteString;
  readonly value: ByteString;
  readonly type: string;
  readonly ttlMs: number | undefined;
  readonly lease: number | undefined;
};
type Bounds = { readonly start: ByteString; readonly end: ByteString };

export function putText({ key, value, type, ttlMs, lease }: Put): string {
  const kind = type === 'text/plain' ? '' : ` TYPE ${quoted(type)}`;
  const life = ttlMs === undefined ? '' : ` TTL ${ttlMs}`;
  const held = lease === undefined ? '' : ` LEASE ${lease}`;
  const rest = `${kind}${life}${held}`;
  if (!isText(key)) return `SET_RAW ${base64(key)} ${base64(value)}${rest}`;
  return isText(value)
    ? `SET ${quoted(textOf(key))} ${quoted(textOf(value))}${rest}`
    : `SET_BASE64 ${quoted(textOf(key))} ${base64(value)}${rest}`;
}

export const addText = ({ key, by }: { readonly key: ByteString; readonly by: number }): string =>
  isText(key) ? `INCR ${quoted(textOf(key))} ${by}` : `INCR_RAW ${base64(key)} ${by}`;

export const deleteText = (bounds: Bounds): string => boundsText('DEL', 'DEL_RANGE', bounds);
export const rangeText = (bounds: Bounds): string => boundsText('GET', 'KEYS', bounds);

/** Most often it is one key. */
function boundsText(one: string, many: string, { start, end }: Bounds): string {
  const isOne = start !== '' && end === endOfKey(start);
  const bounds = isOne ? [start] : [start, end];
  const name = isOne ? one : many;
  if (!bounds.every(isText)) return `${name}_RAW ${bounds.map(base64).join(' ')}`;
  return `${name} ${bounds.map(word).join(' ')}`;
}

const word = (key: ByteString): string => (key === '' ? '""' : quoted(textOf(key)));
const base64 = (bytes: ByteString): string => bytesOf(bytes).toString('base64') || '""';
const isText = (bytes: ByteString): boolean =>
  Buffer.from(textOf(bytes), 'utf8').equals(bytesOf(bytes));
