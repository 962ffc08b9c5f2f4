import { MalformedBytes } from '../codec/byte-reader.ts';
import { ClusterError } from '../errors/cluster-error.ts';
import { MalformedMessage } from '../transport/wire-checks.ts';

/** What a server has said, if it makes sense here; it may be of another version. */
export function understood<Meaning>(read: () => Meaning): Meaning {
  try {
    return read();
  } catch (error) {
    const isOfWords = error instanceof MalformedMessage || error instanceof MalformedBytes;
    if (!isOfWords) throw error;
    const text = `a server answers in words that are not known here (${error.message})`;
    throw new ClusterError('notUnderstood', text);
  }
}
