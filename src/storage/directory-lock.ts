import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartupError } from '../errors/startup-error.ts';

/*
 * A lock file that names its owner's process. The well-known lock packages tell a dead owner by the
 * age of a file, so that a server killed under load could not be restarted for seconds; here the
 * owner is looked up, and a dead one is replaced at once.
 */
export type DirectoryLock = { release(): void };

type Owner = { readonly pid: number; readonly startedAt: string };

const attempts = 10;

/** Locks the directory for this process. */
export function lockDirectory(directory: string): DirectoryLock {
  const path = join(directory, 'lock');
  const own: Owner = { pid: process.pid, startedAt: statOf(process.pid).startTime ?? '' };
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(own), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      if (tryLink(draft, path)) return { release: () => releaseIfOwn(path, own) };
      removeIfDead(directory, path);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  throw inUse(directory, undefined);
}

/** For somebody who only looks: throws when a process has the directory. */
export function demandUnlocked(directory: string): void {
  const text = readIfPresent(join(directory, 'lock'));
  const owner = text === undefined ? undefined : parse(text);
  if (owner !== undefined && isAlive(owner)) throw inUse(directory, owner.pid);
}

/** What a process that died while it took the lock has left; those of the living stay. */
export function sweepDrafts(directory: string, names: readonly string[]): void {
  for (const name of names) {
    const pid = /^lock\.(?:dead\.)?(\d+)$/.exec(name)?.[1];
    if (pid === undefined || isAlive({ pid: Number(pid), startedAt: '' })) continue;
    rmSync(join(directory, name), { force: true });
  }
}

/** A link is made whole or not at all, so a lock file is never seen half written. */
function tryLink(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function removeIfDead(directory: string, path: string): void {
  const text = readIfPresent(path);
  if (text === undefined) return;
  const owner = parse(text);
  if (owner !== undefined && isAlive(owner)) throw inUse(directory, owner.pid);
  // Moved aside before it is removed: another process may have replaced it since we looked.
  const aside = `${path}.dead.${process.pid}`;
  try {
    renameSync(path, aside);
    if (readIfPresent(aside) !== text) linkSync(aside, path);
  } catch {
    // Somebody else was faster; the next attempt sees the new owner.
  }
  rmSync(aside, { force: true });
}

function releaseIfOwn(path: string, own: Owner): void {
  if (readIfPresent(path) === JSON.stringify(own)) rmSync(path, { force: true });
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function parse(text: string): Owner | undefined {
  try {
    const { pid, startedAt } = JSON.parse(text) as Partial<Owner>;
    return Number.isSafeInteger(pid) && typeof startedAt === 'string'
      ? { pid: pid as number, startedAt }
      : undefined;
  } catch {
    return undefined;
  }
}

function isAlive({ pid, startedAt }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const { state, startTime } = statOf(pid);
  // It is dead, and only its parent has not asked for its exit code yet.
  if (state === 'Z' || state === 'X') return false;
  // The same number may have been given to another process since.
  return startTime === undefined || startedAt === '' || startTime === startedAt;
}

/**
 * What a process does, and when it was started, in ticks since boot; undefined where the system
 * does not tell.
 */
function statOf(pid: number): { readonly state?: string; readonly startTime?: string } {
  const stat = readIfPresent(`/proc/${pid}/stat`);
  // The name before it may hold anything, parentheses too.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  const [state, startTime] = [fields[0], fields[19]];
  return state === undefined || startTime === undefined ? {} : { state, startTime };
}

const inUse = (directory: string, pid: number | undefined): StartupError =>
  new StartupError(
    `the data directory ${directory} is in use${pid === undefined ? '' : ` by process ${pid}`}; ` +
      'stop that process, or choose another directory with --data-dir',
  );
