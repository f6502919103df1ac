// What can be said of Windows without one: tables. Nothing of this has been run there.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { agentScene } from '../../test/support/agent-scene.ts';
import { planLaunch } from '../launch/plan.ts';
import { powerAction, powerCommands } from '../power/action.ts';
import { check } from '../run/check.ts';
import { decodeText, encodeText } from './code-page.ts';
import { commandLine } from './command-line.ts';
import { refuseUser } from './user.ts';

const windows = { os: 'windows', codePage: 936 } as const;
const file = 'C:\\Program Data\\groundcrew\\script';

describe('each type has its program, its arguments and its file', () => {
  const table: [type: Parameters<typeof planLaunch>[0]['type'], programs: string[], args: string[]][] = [
    [
      'RunPowerShellScript',
      ['powershell.exe'],
      ['-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'RemoteSigned', '-File', file],
    ],
    ['RunBatScript', ['cmd.exe'], ['/d', '/s', '/c', `""${file}""`]],
    ['RunPythonScript', ['python.exe', 'py.exe'], [file]],
    ['RunPerlScript', ['perl.exe'], [file]],
  ];
  test.each(table)('%s', (type, programs, args) => {
    const launch = planLaunch({ type }, 'x', windows);
    if ('refused' in launch) throw new Error(launch.message);
    expect(launch.programs).toEqual(programs);
    expect(launch.args(file)).toEqual(args);
  });

  test('RunShellScript is refused, and a launcher runs it all the same', () => {
    expect(planLaunch({ type: 'RunShellScript' }, 'x', windows)).toMatchObject({
      refused: 'CommandNotApplicable',
    });
    const launcher = '"C:\\Git\\bin\\sh.exe" -e';
    const launch = planLaunch({ type: 'RunShellScript', launcher }, 'x', windows);
    if ('refused' in launch) throw new Error(launch.message);
    expect([launch.programs, launch.args(file)]).toEqual([['C:\\Git\\bin\\sh.exe'], ['-e', file]]);
  });
});

describe('the file of a script', () => {
  const contentOf = (type: 'RunPowerShellScript' | 'RunBatScript', script: string, codePage = 936) => {
    const launch = planLaunch({ type }, script, { os: 'windows', codePage });
    return 'refused' in launch ? launch.refused : Buffer.from(launch.content).toString('latin1');
  };
  const utf8 = (text: string) => Buffer.from(text).toString('latin1');

  test('of PowerShell begins with a mark and has CRLF, whatever came', () => {
    expect(contentOf('RunPowerShellScript', 'a\nb\r\nü\n')).toBe(utf8('\uFEFFa\r\nb\r\nü\r\n'));
    expect(contentOf('RunPowerShellScript', '\uFEFFa')).toBe(utf8('\uFEFFa'));
  });

  test('of cmd begins with @echo off, once, and is in the code page of the machine', () => {
    expect(contentOf('RunBatScript', 'echo 中\n')).toBe('@echo off\r\necho \xd6\xd0\r\n');
    expect(contentOf('RunBatScript', '@echo off\necho a')).toBe('@echo off\r\necho a');
    expect(contentOf('RunBatScript', 'echo ü', 1252)).toBe('@echo off\r\necho \xfc');
    expect(contentOf('RunBatScript', 'echo ü', 65001)).toBe(utf8('@echo off\r\necho ü'));
    expect(contentOf('RunBatScript', 'echo 中', 1252)).toBe('InvalidCommandText');
  });
});

describe('text in a code page', () => {
  const table: [codePage: number, text: string, bytes: number[]][] = [
    [936, '中a文', [0xd6, 0xd0, 0x61, 0xce, 0xc4]],
    [932, 'あｱ', [0x82, 0xa0, 0xb1]],
    [949, '한', [0xc7, 0xd1]],
    [950, '中', [0xa4, 0xa4]],
    [1251, 'Д', [0xc4]],
    [1252, '€ü', [0x80, 0xfc]],
    [866, 'Д', [0x84]],
    [65001, 'ü', [0xc3, 0xbc]],
    [437, 'plain', [0x70, 0x6c, 0x61, 0x69, 0x6e]],
  ];
  test.each(table)('%i: %s', (codePage, text, bytes) => {
    expect([...(encodeText(text, codePage) ?? [])]).toEqual(bytes);
    expect(decodeText(Uint8Array.from(bytes), codePage)).toBe(text);
  });

  test('what a code page does not have is not written as something else', () => {
    expect(encodeText('ü', 437)).toBeUndefined();
    expect(encodeText('😀', 936)).toBeUndefined();
    expect(encodeText('中', 1251)).toBeUndefined();
  });

  test('what is no text in it is read as such, and not lost', () => {
    expect(decodeText(Uint8Array.of(0x61, 0xff), 65001)).toBe('a\uFFFD');
    expect(decodeText(Uint8Array.of(0x81), 437)).toBe('\x81');
  });
});

/** As CommandLineToArgvW takes the arguments after the program apart (Microsoft's "Parsing C command-line arguments"). */
function takenApart(line: string): string[] {
  const argv: string[] = [];
  let word: string | undefined;
  let quoted = false;
  for (let at = 0; at < line.length; ) {
    const [slashes = ''] = /^\\*/.exec(line.slice(at)) ?? [];
    at += slashes.length;
    if (line[at] === '"') {
      word = (word ?? '') + '\\'.repeat(slashes.length >> 1);
      if (slashes.length % 2 === 1) word += '"';
      else quoted = !quoted;
      at += 1;
      continue;
    }
    if (slashes !== '') word = (word ?? '') + slashes;
    const character = line[at];
    at += 1;
    if (character === undefined) break;
    if (!quoted && (character === ' ' || character === '\t')) {
      if (word !== undefined) argv.push(word);
      word = undefined;
    } else word = (word ?? '') + character;
  }
  return word === undefined ? argv : [...argv, word];
}

describe('arguments and the command line', () => {
  const table: [argv: string[], line: string][] = [
    [['a', 'b c', ''], 'a "b c" ""'],
    [['say "hi"'], '"say \\"hi\\""'],
    [['C:\\dir\\'], 'C:\\dir\\'],
    [['C:\\my dir\\'], '"C:\\my dir\\\\"'],
    [['a\\\\"b'], '"a\\\\\\\\\\"b"'],
    [['tab\there'], '"tab\there"'],
  ];
  test.each(table)('%j', (argv, line) => expect(commandLine(argv)).toBe(line));

  test('whatever the arguments are, a program gets them back', () => {
    const argument = fc.string({ unit: fc.constantFrom('a', ' ', '"', '\\', '\t', 'ü'), maxLength: 8 });
    fc.assert(
      fc.property(fc.array(argument, { minLength: 1 }), (argv) => {
        expect(takenApart(commandLine(argv))).toEqual(argv);
      }),
      { numRuns: 2000 },
    );
  });
});

test('a directory has to be absolute in the way of Windows', () => {
  const order = {
    do: 'run',
    execution: 'r-000000000000000000000000.once.mi-00000000000000000000',
    offer: 1,
    invocation: 'i',
    type: 'RunPowerShellScript',
    launcher: '/bin/sh',
    script: 'x',
    environment: {},
    timeoutSeconds: 1,
  } as const;
  const account = { name: 'u', uid: 1, gid: 1, home: 'C:\\Users\\u' };
  for (const [workingDir, why] of [
    ['relative\\dir', 'not an absolute path'],
    ['C:\\Windows', 'not a directory on this instance'],
    ['\\\\server\\share', 'not a directory on this instance'],
  ] as const)
    expect(check({ ...order, workingDir }, 'x', account, { path: '/bin', platform: windows })).toMatchObject({
      refused: 'DirectoryNotExists',
      message: expect.stringContaining(why),
    });
});

test('an agent that is started there says that it cannot serve, and ends with 78', async () => {
  const scene = await agentScene();
  const there = `Object.defineProperty(process, 'platform', { value: 'win32' });`;
  const agent = scene.start({ node: ['--import', `data:text/javascript,${encodeURIComponent(there)}`] });
  expect(await agent.exited).toBe(78);
  expect(agent.log()).toContain('there is no agent for Windows yet');
  expect(scene.controller.requests).toEqual([]);
  await scene.close();
});

test('another user needs a password, and is refused', () => {
  expect(refuseUser('deploy')).toMatchObject({
    refused: 'UserOrPasswordInvalid',
    message: expect.stringContaining('deploy'),
  });
});

test('3009 powers off and 3010 reboots there, 193 and 194 everywhere else', () => {
  const asked = (os: 'posix' | 'windows') =>
    [0, 193, 194, 3009, 3010, undefined].map((code) => powerAction(code, os));
  expect(asked('windows')).toEqual([undefined, undefined, undefined, 'off', 'reboot', undefined]);
  expect(asked('posix')).toEqual([undefined, 'off', 'reboot', undefined, undefined, undefined]);
  expect(powerCommands.windows.reboot.join(' ')).toBe('shutdown -f -r -t 0');
  expect(powerCommands.posix.off.join(' ')).toBe('shutdown -h now');
});
