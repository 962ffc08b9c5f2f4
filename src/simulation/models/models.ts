import { journalModel } from './journal-model.ts';
import { keysModel } from './keys-model.ts';
import { leasesModel } from './leases-model.ts';
import type { AnyModel } from './model.ts';

/** What the simulator knows of each machine. A new machine is a file of its own and a line here. */
export const models: readonly AnyModel[] = [journalModel, keysModel, leasesModel];
