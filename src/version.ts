import { readFileSync } from 'node:fs';

/** This file runs from dist/src of the package. */
const packageFile = new URL('../../package.json', import.meta.url);

export const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as {
  readonly version: string;
};
