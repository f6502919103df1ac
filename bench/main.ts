// `npm run bench [-- NAME…] [-- --quick]`: what is fast, each beside its floor in the same run.
import { cpus, totalmem } from 'node:os';
import { agent } from './agent.ts';
import { commitToStart } from './commit-to-start.ts';
import { dispatch } from './dispatch.ts';
import type { Bench, Figure } from './figure.ts';
import { output } from './output.ts';
import { reconcile } from './reconcile.ts';
import { status } from './status.ts';
import { table } from './table.ts';

const benches = {
  'commit-to-start': commitToStart,
  dispatch,
  reconcile,
  status,
  agent,
  output,
} satisfies Record<string, Bench>;

const args = process.argv.slice(2);
const quick = args.includes('--quick');
const names = args.filter((arg) => arg !== '--quick');
const unknown = names.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0) {
  console.error(
    `unknown: ${unknown.join(', ')}. There are: ${Object.keys(benches).join(', ')}, and --quick.`,
  );
  process.exit(64);
}

const figures: Figure[] = [];
const failed: string[] = [];
for (const [name, bench] of Object.entries(benches)) {
  if (names.length > 0 && !names.includes(name)) continue;
  try {
    figures.push(...(await bench({ quick, say: (text) => console.error(`${name}: ${text}`) })));
  } catch (error) {
    console.error(`${name}:`, error);
    failed.push(name);
  }
}
const [cpu] = cpus();
console.log(
  `\nNode ${process.version}, ${cpus().length} × ${cpu?.model ?? 'CPU'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB${quick ? ', quick: sizes too small to quote' : ''}\n`,
);
console.log(table(figures));
if (failed.length > 0) console.log(`\nnot measured, because it failed: ${failed.join(', ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;
