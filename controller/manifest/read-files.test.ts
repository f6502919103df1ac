import { expect, test } from 'vitest';
import { snapshotOf } from '../../test/support/memory-snapshot.ts';
import { usualLimits } from './limits.ts';
import { readFiles } from './read-files.ts';

test('while many files are parsed, others get their turn', async () => {
  const body = `# ${'x'.repeat(20_000)}\n`;
  const files = Object.fromEntries(
    Array.from({ length: 60 }, (_, at) => [`manifests/${at}.yaml`, `${body}a: ${at}\n`]),
  );
  let turns = 0;
  let next: NodeJS.Immediate;
  const turn = () => {
    turns += 1;
    next = setImmediate(turn);
  };
  next = setImmediate(turn);
  const read = await readFiles(snapshotOf(files), Object.keys(files), () => undefined, usualLimits);
  clearImmediate(next);
  expect(read.size).toBe(60);
  expect(turns).toBeGreaterThan(20);
});
