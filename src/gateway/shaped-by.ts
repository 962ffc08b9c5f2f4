import type { z } from 'zod';
import { RequestProblem } from './problem.ts';

/** The value, if it has the shape; else a problem that names the first field that is wrong. */
export function shapedBy<T>(shape: z.ZodType<T>, value: unknown): T {
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.join('.') ?? '';
  const where = path === '' ? 'the body' : `"${path}"`;
  throw new RequestProblem(
    'wrongShape',
    `${where}: ${issue?.message ?? 'not what was expected'}`,
    'Correct the body; docs/http.md shows every field.',
  );
}
