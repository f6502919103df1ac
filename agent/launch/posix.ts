import type { CommandType } from '../../schemas/generated/wire.ts';
import type { Launch, Refusal } from './launch.ts';

/**
 * What runs a script of this type. A shell script may name its own interpreter in a `#!` line, as Cloud Assistant
 * has it; the rest of that line is one argument, as Linux has it.
 */
export function planOnPosix(type: CommandType, script: string): Launch | Refusal {
  switch (type) {
    case 'RunShellScript':
      return planShell(script);
    case 'RunPythonScript':
      return planFile(['python3', 'python'], [], script);
    case 'RunPerlScript':
      return planFile(['perl'], [], script);
    case 'RunPowerShellScript':
      return planFile(['pwsh'], ['-NoProfile', '-NonInteractive', '-File'], script);
    case 'RunBatScript':
      return { refused: 'CommandNotApplicable', message: 'Only Windows can run a RunBatScript.' };
  }
}

function planShell(script: string): Launch {
  const [, program, rest = ''] = /^#![ \t]*([^\s]+)[ \t]*([^\r\n]*)/.exec(script) ?? [];
  if (program === undefined) return planFile(['/bin/sh'], [], script);
  const argument = rest.trim();
  return {
    ...planFile([program], argument === '' ? [] : [argument], script),
    missing: `The script's first line names ${program}, which is not there.`,
  };
}

function planFile(programs: string[], before: string[], content: string): Launch {
  return {
    programs,
    args: (script) => [...before, script],
    content,
    missing: `There is no ${programs.join(' or ')} on this instance.`,
  };
}
