import { describe, expect, test } from 'vitest';
import { planLaunch, scriptName } from './plan.ts';

const posix = { os: 'posix' } as const;
type Wanted = Parameters<typeof planLaunch>[0];

describe('what a script is launched with', () => {
  const table: [wanted: Wanted, script: string, programs: string[], args: string[]][] = [
    [{ type: 'RunShellScript' }, 'true', ['/bin/sh'], ['S']],
    [{ type: 'RunShellScript' }, '#!/usr/bin/env  python3 -u \nx', ['/usr/bin/env'], ['python3 -u', 'S']],
    [{ type: 'RunShellScript' }, '#! /bin/bash\r\nx', ['/bin/bash'], ['S']],
    [{ type: 'RunShellScript' }, ' #!/bin/bash', ['/bin/sh'], ['S']],
    [{ type: 'RunPythonScript' }, '#!/bin/bash', ['python3', 'python'], ['S']],
    [{ type: 'RunPerlScript' }, 'x', ['perl'], ['S']],
    [{ type: 'RunPowerShellScript' }, 'x', ['pwsh'], ['-NoProfile', '-NonInteractive', '-File', 'S']],
    [{ type: 'RunShellScript', launcher: 'nice -n 5 bash' }, '#!/bin/sh', ['nice'], ['-n', '5', 'bash', 'S']],
    [{ type: 'RunBatScript', launcher: 'wine {{ACS::ScriptFileName}} "a b"' }, 'x', ['wine'], ['S', 'a b']],
  ];
  test.each(table)('%j %j', (wanted, script, programs, args) => {
    const launch = planLaunch(wanted, script, posix);
    if ('refused' in launch) throw new Error(launch.message);
    expect([launch.programs, launch.args('S'), launch.content]).toEqual([programs, args, script]);
  });
});

describe('what cannot be launched', () => {
  const table: [wanted: Wanted, script: string, refused: string, message: string][] = [
    [{ type: 'RunBatScript' }, 'x', 'CommandNotApplicable', 'Only Windows'],
    [{ type: 'RunShellScript' }, '', 'InvalidCommandText', 'empty'],
    [{ type: 'RunShellScript', launcher: 'cat' }, ' \n', 'InvalidCommandText', 'empty'],
    [{ type: 'RunShellScript', launcher: 'a "b' }, 'x', 'CommandNotApplicable', 'not closed'],
  ];
  test.each(table)('%j %j', (wanted, script, refused, message) =>
    expect(planLaunch(wanted, script, posix)).toEqual({
      refused,
      message: expect.stringContaining(message),
    }),
  );
});

test('the file is called as the launcher asks, or as the interpreter of the type wants it', () => {
  const names: [Wanted, string][] = [
    [{ type: 'RunShellScript' }, 'script'],
    [{ type: 'RunPowerShellScript' }, 'script.ps1'],
    [{ type: 'RunBatScript' }, 'script.bat'],
    [{ type: 'RunShellScript', launcher: 'node {{GC::ScriptFileName|Ext(".mjs")}}' }, 'script.mjs'],
    [{ type: 'RunPowerShellScript', launcher: 'cat' }, 'script.ps1'],
  ];
  for (const [wanted, name] of names) expect(scriptName(wanted)).toBe(name);
});
