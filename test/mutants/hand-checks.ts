import { isDeepStrictEqual } from 'node:util';
import { checkOddFile, oddFiles } from '../config/odd-files.ts';
import { told, toldLeaderships } from '../events/told-leadership.ts';
import { findIn, recordChecks } from '../server/kept-records.ts';

/** What people write, and what is written for them: the first thing that is not as it shall be. */
export function checkHands(): string | undefined {
  for (const file of oddFiles) {
    const problem = checkOddFile(file);
    if (problem !== undefined) return problem;
  }
  const wrong =
    toldLeaderships.find(({ events, sentences }) => !isDeepStrictEqual(told(events), sentences)) ??
    recordChecks.find(check => !isDeepStrictEqual(findIn(check), check.is));
  return wrong?.what;
}
