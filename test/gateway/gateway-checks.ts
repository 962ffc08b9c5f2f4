import { checkHealth } from '../client/health-cases.ts';
import { checkPages } from '../client/pages-check.ts';
import { checkEventResponses } from './event-responses.ts';
import { checkHosts } from './known-hosts.ts';
import { checkWords } from './words-check.ts';

/** What a client server decides on its own: the first thing that it decides wrongly. */
export const checkGateway = (): string | undefined =>
  checkHosts() ?? checkPages() ?? checkHealth() ?? checkWords() ?? checkEventResponses();
