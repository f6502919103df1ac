import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { agentVersion } from './facts.ts';

test('the agent says the version of its package', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(agentVersion).toBe(version);
});
