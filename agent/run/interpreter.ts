import { accessSync, constants, statSync } from 'node:fs';
import type { CommandType } from '../../schemas/generated/wire.ts';

/** The program and arguments before the script's name, or why this machine has none. */
export type Interpreter = { argv: string[] } | { missing: string };

/**
 * What runs a script of this type. A shell script may name its own interpreter in a `#!` line, as Cloud Assistant
 * has it; the rest of that line is one argument, as Linux has it.
 */
export function interpreterOf(type: CommandType, script: string, path: string): Interpreter {
  switch (type) {
    case 'RunShellScript':
      return shebangOf(script) ?? { argv: ['/bin/sh'] };
    case 'RunPythonScript':
      return firstOf(['python3', 'python'], path);
    case 'RunPerlScript':
      return firstOf(['perl'], path);
    case 'RunPowerShellScript':
    case 'RunBatScript':
      return { missing: `This instance cannot run a ${type}.` };
  }
}

function shebangOf(script: string): Interpreter | undefined {
  const [, program, argument] = /^#![ \t]*([^\s]+)[ \t]*([^\r\n]*)/.exec(script) ?? [];
  if (program === undefined) return undefined;
  if (!isProgram(program))
    return { missing: `The script's first line names ${program}, which is not there.` };
  const trimmed = argument?.trim() ?? '';
  return { argv: trimmed === '' ? [program] : [program, trimmed] };
}

function firstOf(names: string[], path: string): Interpreter {
  for (const name of names)
    for (const folder of path.split(':')) {
      const program = `${folder}/${name}`;
      if (folder.startsWith('/') && isProgram(program)) return { argv: [program] };
    }
  return { missing: `There is no ${names.join(' or ')} in ${path}.` };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
