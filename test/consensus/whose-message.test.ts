import test from 'ava';
import { demands } from './whose-message.ts';

for (const { title, holds } of demands) test(title, t => t.true(holds()));
