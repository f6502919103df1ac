// What the pages say that people can type is what the programs take.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { settings } from '../cli/config/settings.ts';
import { subCommands } from '../cli/sub-commands.ts';

const page = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), 'utf8');
const surroundings = { stdout: { write: () => true }, stderr: { write: () => true }, env: {}, now: () => 0 };

test('each setting is in configuration.md with its default, and no other is', () => {
  const rows = [...page('docs/configuration.md').matchAll(/^\| `([a-z-]+)` \| ([^|]*)\|/gm)];
  const documented = new Map(rows.map(([, name = '', usual = '']) => [name, usual.trim()]));
  expect(new Set(documented.keys())).toEqual(new Set(settings().map(({ name }) => name)));
  for (const { name, default: usual } of settings())
    if (usual !== undefined) expect(documented.get(name)).toBe(`\`${usual}\``);
});

test('each command and each of its options is in cli.md, and no other command is', async () => {
  const text = page('docs/cli.md');
  const headings = [...text.matchAll(/^### (.+)$/gm)].map(([, name]) => name);
  expect(new Set(headings)).toEqual(new Set(subCommands.map(({ name }) => name)));
  for (const { name, load } of subCommands.filter((one) => one.name !== 'controller')) {
    const command = new Command(name);
    (await load()).define(command, surroundings, () => undefined);
    const section = text.split(`### ${name}\n`)[1]?.split('\n## ')[0]?.split('\n### ')[0] ?? '';
    for (const { options } of [command, ...command.commands])
      for (const { long, short } of options) {
        const general = ['--controller', '--token-file', '--ca-file'].includes(long ?? '');
        expect(general ? text : section, `${name} ${long}`).toContain(short === '-o' ? '-o ' : long);
      }
  }
});

test('the test command stands where a script finds it', () => {
  expect(page('README.md')).toMatch(/\n## Test\n\n```sh\nnpm install && npm test\n```\n/);
});

test.each([
  'README.md',
  'docs/manifests.md',
  'docs/cli.md',
  'docs/getting-started.md',
  'docs/agent.md',
  'docs/configuration.md',
  'docs/schedules.md',
  'docs/results.md',
  'docs/cloud-assistant.md',
])('%s links to nothing that is not there', (file) => {
  const base = new URL(`../${file}`, import.meta.url);
  const links = [...page(file).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link);
  expect(links.length).toBeGreaterThan(0);
  expect(links.filter((link) => !existsAt(new URL(link, base)))).toEqual([]);
});

function existsAt(url: URL): boolean {
  return existsSync(fileURLToPath(url));
}
