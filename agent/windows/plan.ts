import type { CommandType } from '../../schemas/generated/wire.ts';
import type { Launch, Refusal } from '../launch/launch.ts';
import { quoteArgument } from './command-line.ts';
import { batchFile, powerShellFile } from './script-file.ts';

/** What runs a script of this type on Windows. Nothing of this has been run there yet. */
export function planOnWindows(type: CommandType, script: string, codePage: number): Launch | Refusal {
  switch (type) {
    case 'RunPowerShellScript':
      return {
        programs: ['powershell.exe'],
        // For this process alone, where Cloud Assistant changes the policy of the machine.
        args: (file) => ['-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'RemoteSigned', '-File', file],
        content: powerShellFile(script),
        missing: 'There is no powershell.exe on this instance.',
      };
    case 'RunBatScript': {
      const content = batchFile(script, codePage);
      if (content === undefined)
        return {
          refused: 'InvalidCommandText',
          message: `The script has characters that the code page of this instance (${codePage}) does not have.`,
        };
      return {
        programs: ['cmd.exe'],
        // With /s cmd takes the first and the last quote away, and leaves those of the path.
        args: (file) => ['/d', '/s', '/c', `"${quoteArgument(file)}"`],
        content,
        missing: 'There is no cmd.exe on this instance.',
      };
    }
    case 'RunPythonScript':
      return planFile(['python.exe', 'py.exe'], script);
    case 'RunPerlScript':
      return planFile(['perl.exe'], script);
    case 'RunShellScript':
      return {
        refused: 'CommandNotApplicable',
        message: 'Windows cannot run a RunShellScript; a launcher may name a shell.',
      };
  }
}

function planFile(programs: string[], content: string): Launch {
  return {
    programs,
    args: (file) => [file],
    content,
    missing: `There is no ${programs.join(' or ')} on this instance.`,
  };
}
