import type { FieldShapes, Shape, ValuesOf } from '../codec/shape.ts';
import type { Draft, States, Slot } from './draft.ts';

/*
 * What stands on the log is made of machines: keys, leases, the journal of posted objects. Each is
 * a value of this contract and one line in `machines.ts`; leaving a part of it out is a compile
 * error. docs/adding-a-machine.md walks through one.
 */
