import { DamagedFile } from '../storage/frames.ts';

const diskReasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; make room and start again',
  EIO: 'the disk reports an error; check it before you start again',
  EROFS: 'the file system is read-only; mend it and start again',
  EDQUOT: 'the quota is used up; make room and start again',
};

/** Why the disk cannot be used, and what to do. */
export function diskSentence(error: Error, where: string): string {
  if (error instanceof DamagedFile) {
    return `${error.message}: check the disk, and start again; what is lost comes from the others`;
  }
  const { code } = error as NodeJS.ErrnoException;
  const reason = diskReasons[code ?? ''] ?? `${error.message}; check the disk`;
  return `cannot write to ${where}: ${reason}. Nothing that was acknowledged is lost`;
}
