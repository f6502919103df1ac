// dist/: what `npm install` leaves built. tsc emits the modules, esbuild the agent's single file.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const { build } = await import('esbuild').catch(missing);
if (!existsSync('node_modules/typescript/bin/tsc')) missing();

/** `npm install` leaves the development packages out where NODE_ENV is production, and runs this all the same. */
function missing() {
  console.error(
    'groundcrew cannot be built: its development packages (esbuild, typescript) are not installed.',
  );
  console.error('To build it in a clone: npm install --include=dev');
  process.exit(1);
}

// Built beside and swapped in: a program that starts meanwhile never sees half a dist.
const fresh = `dist.${process.pid}`;
rmSync(fresh, { recursive: true, force: true });
execFileSync(
  process.execPath,
  ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', fresh],
  {
    stdio: 'inherit',
  },
);
mkdirSync(`${fresh}/schemas`, { recursive: true });
for (const file of readdirSync('schemas')) {
  if (file.endsWith('.json')) cpSync(`schemas/${file}`, `${fresh}/schemas/${file}`);
}
if (existsSync('agent/main.ts')) {
  await build({
    entryPoints: ['agent/main.ts'],
    outfile: `${fresh}/agent.mjs`,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    legalComments: 'none',
  });
}
const old = `dist.old.${process.pid}`;
if (existsSync('dist')) renameSync('dist', old);
renameSync(fresh, 'dist');
rmSync(old, { recursive: true, force: true });
