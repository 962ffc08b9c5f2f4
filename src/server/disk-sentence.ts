const diskReasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; make room and start again',
  EIO: 'the disk reports an error; check it before you start again',
  EROFS: 'the file system is read-only; mend it and start again',
  EDQUOT: 'the quota is used up; make room and start again',
};

/** Why the disk cannot be written to, and what to do. */
export function diskSentence(error: Error, where: string): string {
  const { code } = error as NodeJS.ErrnoException;
  const reason = diskReasons[code ?? ''] ?? `${error.message}; check the disk`;
  return `cannot write to ${where}: ${reason}. Nothing that was acknowledged is lost`;
}
