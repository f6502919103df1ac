import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { launcherArgv, parseLauncher } from './launcher.ts';

describe('a launcher becomes the words that are started', () => {
  const table: [text: string, argv: string[], extension?: string][] = [
    ['python3', ['python3', 'SCRIPT']],
    ['  nice  -n 5\tsh ', ['nice', '-n', '5', 'sh', 'SCRIPT']],
    ['bash {{ACS::ScriptFileName}} now', ['bash', 'SCRIPT', 'now']],
    ['bash {{GC::ScriptFileName}}', ['bash', 'SCRIPT']],
    ['bash {{ ACS :: ScriptFileName }} x', ['bash', 'SCRIPT', 'x']],
    ['python3 {{ACS::ScriptFileName|Ext(".py")}}', ['python3', 'SCRIPT'], '.py'],
    ["node {{ GC::ScriptFileName | Ext( '.mjs' ) }} -v", ['node', 'SCRIPT', '-v'], '.mjs'],
    ['run --file={{ACS::ScriptFileName}}!', ['run', '--file=SCRIPT!']],
    ['a "b  c" \'d "e"\' f"g h"i', ['a', 'b  c', 'd "e"', 'fg hi', 'SCRIPT']],
    ['a "" b', ['a', '', 'b', 'SCRIPT']],
    ['"C:\\Program Files\\x.exe" y', ['C:\\Program Files\\x.exe', 'y', 'SCRIPT']],
    [
      'powershell -command "chcp 65001; & {{ACS::ScriptFileName|Ext(".ps1")}}; exit $LASTEXITCODE"',
      ['powershell', '-command', 'chcp 65001; & SCRIPT; exit $LASTEXITCODE'],
      '.ps1',
    ],
    ['sh $HOME;rm *', ['sh', '$HOME;rm', '*', 'SCRIPT']],
    ['printf }} {', ['printf', '}}', '{', 'SCRIPT']],
  ];
  test.each(table)('%s', (text, argv, extension) => {
    const launcher = parseLauncher(text);
    if ('fault' in launcher) throw new Error(launcher.fault);
    expect(launcherArgv(launcher, 'SCRIPT')).toEqual(argv);
    expect(launcher.extension).toBe(extension);
  });
});

describe('what is wrong with a launcher is said with its place', () => {
  const table: [text: string, fault: string, index: number][] = [
    ['', 'names no program', 0],
    ['   ', 'names no program', 0],
    ['sh "a b', 'not closed', 3],
    ['sh \'a "b', 'not closed', 3],
    ['sh {{ACS::ScriptFileName', '{{ is not closed', 3],
    ['sh {{ACS::InstanceId}}', 'Only {{ACS::ScriptFileName}}', 3],
    ['sh {{name}}', 'Only', 3],
    ['sh {{acs::ScriptFileName}}', 'Only', 3],
    ['sh {{ACS::ScriptFileName}} {{GC::ScriptFileName}}', 'once', 27],
    ['sh {{ACS::ScriptFileName|Ext("py")}}', 'extension', 3],
    ['sh {{ACS::ScriptFileName|Ext("./x/y")}}', 'extension', 3],
    [' {{ACS::ScriptFileName}} x', 'first word', 1],
    ['"" x', 'first word', 0],
    ['sh a\0b', 'NUL', 4],
  ];
  test.each(table)('%j', (text, fault, index) => {
    expect(parseLauncher(text)).toEqual({ fault: expect.stringContaining(fault), index });
  });
});

test('whatever is typed is either words that hold the script once, or a fault within the text', () => {
  const piece = fc.constantFrom('sh', ' ', '"', "'", '{{', '}}', '{{ACS::ScriptFileName}}', '|', '\t', 'é');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('');
      const launcher = parseLauncher(text);
      if ('fault' in launcher) expect(launcher.index).toBeLessThanOrEqual(text.length);
      else expect(launcherArgv(launcher, '\u0001').join('').split('\u0001').length).toBe(2);
    }),
    { numRuns: 2000 },
  );
});
