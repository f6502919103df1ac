// What the command line says of manifests before a merge is what a controller says of them after it.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ProblemDocument } from '../schemas/generated/status.ts';
import {
  eventually,
  type RunningController,
  type Scratch,
  scratch,
  startController,
} from './support/processes.ts';
import { makeRepository, type Repository } from './support/repository.ts';

const bin = fileURLToPath(new URL('../bin/groundcrew.js', import.meta.url));
let folder: Scratch;
let repository: Repository;
let controller: RunningController | undefined;

beforeEach(() => {
  folder = scratch();
  repository = makeRepository(folder.path());
});

afterEach(async () => {
  await controller?.end();
  controller = undefined;
  folder.remove();
});

const manifest = (kind: string, name: string, spec: string) =>
  `apiVersion: groundcrew.dev/v1\nkind: ${kind}\nmetadata: {name: ${name}}\nspec:\n${spec}`;
const command = (name: string, script = 'date') =>
  manifest('Command', name, `  type: RunShellScript\n  content: ${script}\n`);
const reference = (name: string, ref: string) =>
  manifest('Invocation', name, `  commandRef: {name: ${ref}}\n  targets: {selector: {}}\n`);
const inline = (name: string, script: string, rest = '') =>
  manifest(
    'Invocation',
    name,
    `  targets: {selector: {}}\n  command: {type: RunShellScript, content: ${script}}\n${rest}`,
  );

async function startOn(...flags: string[]): Promise<void> {
  controller = await startController({ repo: repository.bare, data: folder.path('controller') }, ...flags);
}

/** The problems that the status branch shows, once it is about this commit. */
async function controllerSays(commit: string): Promise<ProblemDocument[]> {
  controller?.cli('reconcile');
  return eventually(`${commit} is in the status`, () => {
    for (const document of repository.status())
      if (document.kind === 'ControllerStatus' && document.status.acceptedCommit === commit)
        return document.status.problems;
    return undefined;
  });
}

function validateSays(...flags: string[]): ProblemDocument[] {
  const { stdout } = spawnSync(process.execPath, [bin, 'validate', '--format', 'json', ...flags], {
    cwd: folder.path('work'),
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  return JSON.parse(stdout).problems;
}

test('with the same settings both say the same, of every limit that can be changed', async () => {
  const settings = folder.path('settings.yaml');
  writeFileSync(
    settings,
    'max-command-size: 40\nmax-inline-size: 60\nmax-parameters: 1\nmax-commands: 2\nmin-rate-interval: 10m\nmax-rate-interval: 1h\nmin-cron-interval: 5m\n',
  );
  await startOn('--config', settings);
  const commit = repository.push({
    'a.yaml': [command('a'), command('too-large', 'x'.repeat(31)), command('too-many')].join('---\n'),
    'b.yaml': [
      inline('just-right', 'x'.repeat(45)),
      inline('too-large', 'x'.repeat(46)),
      inline('parameters', 'x', '  parameters: {p: x}\n').replace(
        'content: x',
        'content: x, parameters: [{name: p}, {name: q}]',
      ),
      inline('too-often', 'date', '  frequency: rate(5m)\n'),
      inline('too-rarely', 'date', '  frequency: rate(2h)\n'),
      inline('ticks', 'date', '  frequency: 0 */2 * * * ?\n'),
      inline('over', 'date', '  frequency: at(2020-01-01 00:00:00)\n'),
      reference('lost', 'nobody'),
    ].join('---\n'),
  });
  const said = await controllerSays(commit);
  expect(said.map(({ code }) => code)).toEqual([
    'ScriptTooLarge',
    'CommandQuotaExceeded',
    'ScriptTooLarge',
    'TooManyItems',
    'InvalidRateExpression',
    'RateFrequencyTooLarge',
    'BadCronExpression',
    'UnknownCommand',
  ]);
  const validated = validateSays('--config', settings);
  // Only who writes a manifest is told that its schedule is over.
  expect(validated.filter(({ code }) => code === 'ScheduleExpired')).toHaveLength(1);
  expect(validated.filter(({ code }) => code !== 'ScheduleExpired')).toEqual(said);
  expect(validateSays().map(({ code }) => code)).toEqual([
    'MissingParameter',
    'ScheduleExpired',
    'UnknownCommand',
  ]);
}, 60_000);

test('a Command that an Invocation refers to cannot be deleted: what was accepted stays, until the Invocation goes', async () => {
  await startOn();
  const first = repository.push({
    'greet.yaml': command('greet'),
    'hello.yaml': reference('hello', 'greet'),
  });
  expect(await controllerSays(first)).toEqual([]);
  const recorded = (): string[] =>
    repository.status().flatMap(({ kind, metadata }) => (kind === 'CommandStatus' ? [metadata.name] : []));
  expect(recorded()).toEqual(['greet']);

  const second = repository.push({ 'greet.yaml': undefined });
  const problems = await controllerSays(second);
  expect(problems).toMatchObject([
    {
      code: 'UnknownCommand',
      file: 'manifests/hello.yaml',
      line: 5,
      column: 22,
      hint: 'Add the command, or correct the name. To delete a command, delete first what refers to it.',
    },
  ]);
  expect(validateSays()).toEqual(problems);
  expect(recorded()).toEqual(['greet']);
  expect(repository.invocation('hello')).toMatchObject({
    conditions: [{ type: 'Accepted', status: 'False', message: expect.stringContaining('stays in force') }],
  });

  const third = repository.push({ 'hello.yaml': undefined });
  expect(await controllerSays(third)).toEqual([]);
  expect(recorded()).toEqual([]);
}, 60_000);
