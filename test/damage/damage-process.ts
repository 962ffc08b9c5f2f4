import { runDamage } from './damage-run.ts';

/* The servers write their lines to this process's output; what comes of it goes to the parent. */

const [seed, count] = process.argv.slice(2).map(Number);
await runDamage({ seed: seed ?? 0, count: count ?? 0 }, trial => process.send?.(trial));
process.disconnect();
