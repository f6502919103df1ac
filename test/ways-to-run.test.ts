// What a manifest can say of how a script runs, as the script itself sees it, with a real controller and real agents.
// The rules are tested one by one beside the code that has them.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Fleet, shell, startFleet } from './support/fleet.ts';
import { eventually, processesWith } from './support/processes.ts';

let fleet: Fleet;
let tokyo: Record<string, string>;

const limits = ['--min-cron-interval', '1s', '--stop-grace', '3s'];

beforeAll(async () => {
  fleet = await startFleet([], ...limits);
  // An agent above whose data folder nobody may pass can run nothing as another user.
  chmodSync(fleet.folder.path(), 0o711);
  tokyo = {
    TZ: 'Asia/Tokyo',
    SECRET_OF_THE_AGENT: 'x',
    GROUNDCREW_REBOOT_COMMAND: `/bin/sh ${rebootCommand()}`,
  };
  await fleet.start('tokyo', tokyo);
  await fleet.start('utc', { TZ: 'UTC' });
}, 60_000);

afterAll(() => fleet.close());

/** Leaves what an operator sees in the moment that the machine would be started anew. */
function rebootCommand(): string {
  const { controller, folder } = fleet;
  const bin = fileURLToPath(new URL('../bin/groundcrew.js', import.meta.url));
  const path = folder.path('reboot');
  writeFileSync(
    path,
    [
      `export GROUNDCREW_CONTROLLER=${controller.url} GROUNDCREW_TOKEN_FILE=${folder.path('controller', 'operator-token')}`,
      `${process.execPath} ${bin} get executions --invocation reboot -o json > ${folder.path('seen')}`,
      `echo reboot >> ${fleet.witness('reboot')}`,
    ].join('\n'),
  );
  return path;
}

const onTokyo = { targets: { instances: ['tokyo'] } };
const onUtc = { targets: { instances: ['utc'] } };

/** The output of an Invocation that has ended. */
function logs(name: string): string {
  return fleet.controller.cli('logs', name);
}

function hasProgram(name: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test.skipIf(process.getuid?.() !== 0 || !hasProgram('setpriv'))(
  'a script runs as its user, in its directory, by its launcher, and with nothing of the agent in its environment (as root, with setpriv)',
  async () => {
    const place = fleet.folder.path('place');
    mkdirSync(place);
    chmodSync(place, 0o755);
    await fleet.invoke('somebody', {
      ...onTokyo,
      username: 'nobody',
      workingDir: place,
      launcher: 'nice -n 7 sh {{ACS::ScriptFileName|Ext(".txt")}} "one word"',
      command: {
        ...shell(`id -un; pwd; nice; echo "$0" "$#" "$1" | sed 's/.*[.]//'; env`),
        parameters: [{ name: 'max-age', default: '90' }],
      },
    });
    const status = await fleet.ended('somebody');
    expect(status.instances).toMatchObject([{ phase: 'Success', exitCode: 0 }]);
    const [user, directory, nice, words, ...environment] = logs('somebody').trimEnd().split('\n');
    expect([user, directory, nice, words]).toEqual([
      'nobody',
      place,
      String(Math.min(19, getPriority() + 7)),
      'txt 1 one word',
    ]);
    const instance = status.instances[0]?.instance;
    // The shell itself adds the directory.
    expect(environment.filter((line) => !/^(OLDPWD|PWD|SHLVL|_)=/.test(line)).sort()).toEqual([
      'GC_PARAM_MAX_AGE=90',
      `GROUNDCREW_EXECUTION=${status.run?.id}.once.${instance}`,
      'GROUNDCREW_INVOCATION=somebody',
      expect.stringMatching(/^HOME=/),
      'LANG=C.UTF-8',
      'LOGNAME=nobody',
      `PATH=${process.env['PATH']}`,
      'USER=nobody',
    ]);
  },
);

test('parameters have their defaults, values and built-ins, as text and in the environment', async () => {
  const spec = {
    type: 'RunShellScript',
    parameters: [
      { name: 'who', default: 'every body', pattern: '[a-z ]+' },
      { name: 'level', enum: ['info', 'warning'] },
      { name: 'max-age' },
      { name: 'nothing', required: false },
    ],
    content: [
      'echo "{{who}}, {{level}}, $GC_PARAM_MAX_AGE, <$GC_PARAM_NOTHING>"',
      'echo {{ACS::InstanceId}} {{gc::invokeid}} {{GC::InstanceName}} {{ACS::CommandId}}',
    ].join('\n'),
  };
  const say = { apiVersion: 'groundcrew.dev/v1', kind: 'Command', metadata: { name: 'say' }, spec };
  fleet.repository.push({ 'say.yaml': JSON.stringify(say) });
  const commandRef = { name: 'say' };
  const awkward = `$(id) '"; {{who}}`;
  await fleet.invoke('saying', {
    ...onUtc,
    commandRef,
    parameters: { LEVEL: 'warning', 'max-age': awkward },
  });
  const { instances, run } = await fleet.ended('saying');
  expect(logs('saying')).toBe(
    `every body, warning, ${awkward}, <>\n${instances[0]?.instance} ${run?.id} utc say\n`,
  );
  await fleet.invoke('saying-wrong', {
    ...onUtc,
    commandRef,
    parameters: { level: 'loud', who: 'Everybody', 'max-age': '1' },
  });
  const problems = await eventually('the wrong values are problems', () => {
    const found = fleet.repository
      .status()
      .flatMap(({ kind, status }) => (kind === 'ControllerStatus' ? status.problems : []));
    return found.length > 0 ? found : undefined;
  });
  expect(problems.map(({ file, code }) => [file, code])).toEqual([
    ['manifests/saying-wrong.yaml', 'InvalidParameterValue'],
    ['manifests/saying-wrong.yaml', 'InvalidParameterValue'],
  ]);
  expect(fleet.repository.invocation('saying-wrong')?.run).toBeUndefined();
  fleet.repository.push({ 'saying-wrong.yaml': undefined });
});

test.skipIf(!hasProgram('python3') || !hasProgram('perl'))(
  'Python and Perl run what they are given, and end as it says (with python3 and perl)',
  async () => {
    const parameters = [{ name: 'n', default: '20' }];
    await fleet.invoke('python', {
      ...onUtc,
      command: {
        type: 'RunPythonScript',
        parameters,
        content: 'import os, sys\nprint({{n}} + 1, os.environ["GC_PARAM_N"])\nsys.exit(3)\n',
      },
    });
    await fleet.invoke('perl', {
      ...onUtc,
      command: {
        type: 'RunPerlScript',
        parameters,
        content: 'use strict;\nprint {{n}} + 2, " $ENV{GC_PARAM_N}\\n";\nexit 4;\n',
      },
    });
    expect(await fleet.ended('python')).toMatchObject({ instances: [{ phase: 'Failed', exitCode: 3 }] });
    expect(await fleet.ended('perl')).toMatchObject({ instances: [{ phase: 'Failed', exitCode: 4 }] });
    expect([logs('python'), logs('perl')]).toEqual(['21 20\n', '22 20\n']);
  },
);

test('a batch file is nothing for Linux, and says so', async () => {
  await fleet.invoke('batch', { ...onUtc, command: { type: 'RunBatScript', content: 'echo %PATH%' } });
  const status = await fleet.ended('batch');
  expect(status.state).toBe('Failed');
  expect(status.instances).toMatchObject([{ phase: 'Invalid', errorCode: 'CommandNotApplicable' }]);
  expect(status.instances[0]?.exitCode).toBeUndefined();
});

test('what runs out of its time is ended with all that it started', async () => {
  await fleet.invoke('forever', {
    ...onUtc,
    timeout: '1s',
    command: shell('echo begun\nsetsid sleep 300 &\nsleep 300\necho never\n'),
  });
  const { instances, run } = await fleet.ended('forever');
  expect(instances).toMatchObject([{ state: 'Failed', phase: 'Timeout', errorCode: 'ExecutionTimeout' }]);
  // Some shells say on the way that something was terminated.
  expect(logs('forever')).toMatch(/^begun\n/);
  expect(logs('forever')).not.toContain('never');
  expect(processesWith(`GROUNDCREW_EXECUTION=${run?.id}.once.${instances[0]?.instance}`)).toEqual([]);
});

test('exit 194 starts the machine anew, once, and after everybody can see the result', async () => {
  await fleet.invoke('reboot', { ...onTokyo, command: shell('echo going down\nexit 194\n') });
  await eventually('the machine is started anew', () => fleet.witnessed('reboot')[0]);
  const { items } = JSON.parse(readFileSync(fleet.folder.path('seen'), 'utf8'));
  expect(items).toMatchObject([{ status: { phase: 'Failed', exitCode: 194, invocation: 'reboot' } }]);
  expect((await fleet.ended('reboot')).instances).toMatchObject([{ phase: 'Failed', exitCode: 194 }]);
  await fleet.end('tokyo', 'SIGKILL');
  await fleet.start('tokyo', tokyo);
  await fleet.invoke('after-reboot', { ...onTokyo, command: shell('exit 193\n') });
  expect((await fleet.ended('after-reboot')).instances).toMatchObject([{ exitCode: 193 }]);
  expect(fleet.witnessed('reboot')).toEqual(['reboot']);
});

/** Says whether the script of another tick still runs, and does not go when it is asked to. */
function besideOrAlone(name: string, seconds: number): ReturnType<typeof shell> {
  const last = fleet.folder.path(`last-${name}`);
  return shell(
    [
      `trap '' TERM`,
      // Not `kill -0`: what was killed can be a zombie for a while, and those have no environment.
      `grep -qs GROUNDCREW_INVOCATION=${name} "/proc/$(cat ${last})/environ" && how=beside || how=alone`,
      `echo $$ > ${last}`,
      `echo "$how $GROUNDCREW_EXECUTION" >> ${fleet.witness(name)}`,
      `sleep ${seconds}`,
      ':',
    ].join('\n'),
  );
}

test('a tick runs beside the one before with Allow, and after it was stopped with Replace', async () => {
  const often = { ...onUtc, frequency: '*/2 * * * * ?', timeout: '2s' };
  await fleet.invoke('allow', { ...often, concurrencyPolicy: 'Allow', command: besideOrAlone('allow', 4) });
  await fleet.invoke('replace', {
    ...often,
    concurrencyPolicy: 'Replace',
    command: besideOrAlone('replace', 300),
  });
  const how = (name: string): string[] => fleet.witnessed(name).map((line) => line.split(' ')[0] ?? '');
  await fleet.status('replace', 'has stopped one for another', ({ occurrences = [] }) =>
    occurrences.some(({ phases = {} }) => phases['Terminated'] === 1),
  );
  await eventually('allow has run four times', () => (how('allow').length >= 4 ? true : undefined));
  await eventually('replace has run three times', () => (how('replace').length >= 3 ? true : undefined));
  for (const name of ['allow', 'replace']) fleet.controller.cli('stop', name);
  await fleet.ended('allow');
  await fleet.ended('replace');
  expect(how('allow').slice(0, 4)).toEqual(['alone', 'beside', 'beside', 'beside']);
  expect(new Set(how('replace'))).toEqual(new Set(['alone']));
  for (const name of ['allow', 'replace'])
    expect(new Set(fleet.witnessed(name)).size).toBe(fleet.witnessed(name).length);
}, 60_000);

test('a schedule in Local time ticks by the clock of each instance', async () => {
  const atNine = { frequency: '0 0 9 * * ? Local', command: shell('true') };
  await fleet.invoke('nine-tokyo', { ...onTokyo, ...atNine });
  await fleet.invoke('nine-utc', { ...onUtc, ...atNine });
  await fleet.invoke('nine', { targets: { instances: ['tokyo', 'utc'] }, ...atNine });
  const nexts: number[] = [];
  for (const name of ['nine-tokyo', 'nine-utc', 'nine']) {
    const { next = '' } = await fleet.status(name, 'has a next tick', ({ next }) => next !== undefined);
    nexts.push(Date.parse(next));
  }
  const [inTokyo = 0, inUtc = 0, first] = nexts;
  expect([new Date(inTokyo).getUTCHours(), new Date(inUtc).getUTCHours()]).toEqual([0, 9]);
  expect(first).toBe(Math.min(inTokyo, inUtc));
});
