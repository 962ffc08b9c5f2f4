import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes the folder, and those above it, for nobody else to look into; true when it was not there.
 * Node's own recursive mkdir never returns where a folder that is there answers ENOENT to a new
 * one, as /proc does.
 */
export function makeFolder(path: string): boolean {
  try {
    return makeOne(path);
  } catch (error) {
    const isParentMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!isParentMissing || dirname(path) === path) throw error;
  }
  makeFolder(dirname(path));
  return makeOne(path);
}

function makeOne(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST';
    if (isThere && statSync(path).isDirectory()) return false;
    throw error;
  }
}
