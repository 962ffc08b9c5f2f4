import { decodeResult, type Result } from '../state-machines/result.ts';

/** Undefined when it is of a version that we do not know. */
export function readResult(bytes: Uint8Array): Result | undefined {
  try {
    const result = decodeResult(bytes) as Partial<Result> | null;
    return typeof result?.kind === 'string' ? (result as Result) : undefined;
  } catch {
    return undefined;
  }
}
