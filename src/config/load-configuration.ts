import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { StartupError } from '../errors/startup-error.ts';
import { mebibyte } from '../words.ts';
import { type ClusterConfiguration, parseConfiguration } from './cluster-configuration.ts';
import { type JsonDocument, type Place, readJsonDocument } from './json-document.ts';

export type LoadedConfiguration = ClusterConfiguration & {
  /** The file it came from. */
  readonly path: string;
  /** Absolute. */
  readonly dataRoot: string;
  /** What is odd about the file, though it can be used. */
  readonly warnings: readonly string[];
};

const sizeMaxBytes = mebibyte;
const byteOrderMark = '\ufeff';

/** Reads and checks the configuration file. Throws a StartupError with one sentence. */
export function loadConfiguration(path: string): LoadedConfiguration {
  const text = readText(path);
  const document = readJson(path, text);
  const parsed = parseConfiguration(document.value);
  if (parsed.type === 'invalid') {
    const place = placeText(document.placeOf(parsed.path));
    const where = parsed.field === '' ? 'the document' : `the field ${parsed.field}`;
    throw new StartupError(`${path}: ${place}: ${where}: ${parsed.problem}; correct it`);
  }
  const { configuration } = parsed;
  return {
    ...configuration,
    path,
    dataRoot: resolve(dirname(path), configuration.dataDirectory),
    warnings: warningsOf(path, text, document, configuration),
  };
}

const placeText = ({ line, column }: Place): string => `line ${line}, column ${column}`;

function readJson(path: string, text: string): JsonDocument {
  const document = readJsonDocument(withoutMark(text));
  if (document.type === 'notJson') {
    const where = `${placeText(document.place)}: ${document.problem}`;
    throw new StartupError(`${path} is not JSON (${where}); correct it`);
  }
  const [repeated] = document.repeated;
  if (repeated === undefined) return document;
  const { field, place } = repeated;
  const reason = 'it is there already, and only one of both could count';
  throw new StartupError(`${path}: ${placeText(place)}: the field ${field}: ${reason}; remove one`);
}

const withoutMark = (text: string): string => text.replace(byteOrderMark, '');

function readText(path: string): string {
  const refuse = (reason: string): StartupError =>
    new StartupError(`the configuration ${path}: ${reason}; name one with --config FILE`);
  try {
    // A pipe or a device may never end.
    const stat = statSync(path);
    if (!stat.isFile()) throw refuse('it is no file');
    if (stat.size > sizeMaxBytes) throw refuse(`it has more than ${sizeMaxBytes} bytes`);
    const bytes = readFileSync(path);
    if (isUtf16(bytes)) throw new StartupError(`${path} is UTF-16; save it as UTF-8`);
    return bytes.toString('utf8');
  } catch (error) {
    if (error instanceof StartupError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw refuse(code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`);
  }
}

/** Its byte order mark is no valid UTF-8. */
const isUtf16 = ([first, second]: Buffer): boolean =>
  (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);

function warningsOf(
  path: string,
  text: string,
  document: JsonDocument,
  { num_nodes, nodes }: ClusterConfiguration,
): string[] {
  const warnings: string[] = [];
  const warn = (field: string | undefined, problem: string): void => {
    const place = placeText(document.placeOf(field === undefined ? [] : [field]));
    warnings.push(`${path}: ${place}: ${problem}`);
  };
  const count = Object.keys(nodes).length;
  if (text.startsWith(byteOrderMark)) {
    warn(undefined, 'it begins with a byte order mark, which is passed over; save it without one');
  }
  if (num_nodes !== undefined && num_nodes !== count) {
    const servers = count === 1 ? '1 server' : `${count} servers`;
    warn('num_nodes', `num_nodes says ${num_nodes}, but nodes lists ${servers}; the list counts`);
  }
  if (count === 2) {
    warn('nodes', 'the majority of 2 servers is both of them: no failure is survived; list 3');
  }
  return warnings;
}

/**
 * Tells apart member lists: servers with different ones must not found a cluster together. Names
 * only: the way to a server may look different from each place.
 */
export const membersHashOf = ({ nodes }: ClusterConfiguration): string =>
  createHash('sha256')
    .update(Object.keys(nodes).toSorted(byCodeUnits).join('\n'))
    .digest('hex')
    .slice(0, 16);

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : 1);
