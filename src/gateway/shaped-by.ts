import type { z } from 'zod';
import { suggestion } from './nearest-name.ts';
import { RequestProblem, type RequestProblemCode } from './problem.ts';

/** A value is shown up to here; what is longer is not read by anybody. */
const shownMaxLength = 60;

type RawIssue = Parameters<z.core.$ZodErrorMap>[0];
type Path = readonly PropertyKey[];

/** How a wrong value is called, and what is said about correcting it. */
export type Wording = {
  readonly code: RequestProblemCode;
  /** The place in words, such as `the parameter "limit"`. */
  readonly placeOf: (path: string) => string;
  /** What an unknown name is called, such as `parameter`. */
  readonly noun: string;
  readonly hint: string;
};

const bodyWording: Wording = {
  code: 'wrongShape',
  placeOf: path => (path === '' ? 'the body' : `"${path}"`),
  noun: 'field',
  hint: 'Correct the body; docs/http.md shows every field.',
};

/** The value, if it has the shape; else a problem: what is wrong, where, and what to do. */
export function shapedBy<Shape extends z.ZodType>(
  shape: Shape,
  value: unknown,
  wording: Wording = bodyWording,
): z.output<Shape> {
  const result = shape.safeParse(value, { error: issue => expectationOf(issue, wording.noun) });
  if (result.success) return result.data;
  const { issues } = result.error;
  // A name that is written wrong is why another one is missing.
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  const place = wording.placeOf(issue?.path.join('.') ?? '');
  const message = issue?.message ?? 'not what was expected';
  const detail =
    issue?.code === 'unrecognized_keys'
      ? `${place} has an ${message}`
      : `${place} is ${shown(valueAt(value, issue?.path ?? []))}, ${message}`;
  throw new RequestProblem(wording.code, detail, wording.hint);
}

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (inner, name) => (inner as Record<PropertyKey, unknown> | undefined)?.[name],
    value,
  );

function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === '') return 'empty';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value);
  return text.length <= shownMaxLength ? text : `${text.slice(0, shownMaxLength)}…`;
}

/** What would have been right. The library's own words are for those who know the library. */
function expectationOf(issue: RawIssue, noun: string): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${typeNames[issue.expected] ?? issue.expected}`;
    case 'too_small':
      return `expected ${boundText(issue.origin, 'at least', Number(issue.minimum))}`;
    case 'too_big':
      return `expected ${boundText(issue.origin, 'at most', Number(issue.maximum))}`;
    case 'invalid_format':
      return `expected ${issue.format}`;
    case 'invalid_value':
      return `expected ${issue.values.map(value => JSON.stringify(value)).join(', ')}`;
    case 'invalid_union':
      return `expected ${optionsOf(issue).join(', ')}`;
    case 'unrecognized_keys': {
      const [written = ''] = issue.keys;
      return `unknown ${noun} ${JSON.stringify(written)}${suggestion(written, namesOf(issue))}`;
    }
    default:
      return 'which was not expected';
  }
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
};

function boundText(origin: string, side: string, bound: number): string {
  if (origin === 'string') return `${side} ${bound} characters`;
  return origin === 'array' ? `${side} ${bound} elements` : `${side} ${bound}`;
}

const optionsOf = (issue: RawIssue): readonly string[] =>
  ('options' in issue ? (issue.options as unknown[]) : []).map(option => JSON.stringify(option));

/** The names that the object knows. */
function namesOf({ inst }: RawIssue): string[] {
  const { shape = {} } = (inst?._zod.def ?? {}) as { shape?: object };
  return Object.keys(shape);
}
