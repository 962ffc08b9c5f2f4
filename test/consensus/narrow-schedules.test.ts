import test from 'ava';
import { narrowSchedules } from './narrow-schedules.ts';

for (const { title, holds } of narrowSchedules) test(title, t => t.true(holds()));
