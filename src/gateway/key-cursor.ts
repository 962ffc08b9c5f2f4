import { type ByteString, isByteString } from '../codec/byte-string.ts';

const textMaxLength = 4096;

/** Where the next page begins, and the revision at which the first one was read. */
export type Cursor = { readonly revision: number; readonly start: ByteString };

export const cursorText = ({ revision, start }: Cursor): string =>
  Buffer.from(JSON.stringify([revision, start])).toString('base64url');

/** Empty: the first page. Undefined when it is no cursor of ours. */
export function cursorOf(text: string): Cursor | 'none' | undefined {
  if (text === '') return 'none';
  if (text.length > textMaxLength) return undefined;
  try {
    const [revision, start] = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (!Number.isSafeInteger(revision) || revision < 1) return undefined;
    return isByteString(start, textMaxLength) ? { revision, start } : undefined;
  } catch {
    return undefined;
  }
}
