// How a script of a type is launched on a platform. Pure: whether the programs are there is looked up later.
import type { CommandType, RunOrder } from '../../schemas/generated/wire.ts';
import { launcherArgv, parseLauncher } from '../../schemas/launcher.ts';
import { planOnWindows } from '../windows/plan.ts';
import type { Launch, Platform, Refusal } from './launch.ts';
import { planOnPosix } from './posix.ts';

type Wanted = Pick<RunOrder, 'type' | 'launcher'>;

export function planLaunch({ type, launcher }: Wanted, script: string, platform: Platform): Launch | Refusal {
  if (script.trim() === '') return { refused: 'InvalidCommandText', message: 'The script is empty.' };
  const byType =
    platform.os === 'windows' ? planOnWindows(type, script, platform.codePage) : planOnPosix(type, script);
  if (launcher === undefined) return byType;
  // A launcher runs any type. Where this platform has the type, its file is still written as that type's.
  return planLauncher(launcher, 'refused' in byType ? script : byType.content);
}

/** The name of the script's file; with it the script is found again. */
export function scriptName({ type, launcher }: Wanted): string {
  const parsed = launcher === undefined ? undefined : parseLauncher(launcher);
  const wanted = parsed === undefined || 'fault' in parsed ? undefined : parsed.extension;
  return `script${wanted ?? extensions[type]}`;
}

/** Some interpreters read nothing else. */
const extensions = {
  RunShellScript: '',
  RunPythonScript: '',
  RunPerlScript: '',
  RunPowerShellScript: '.ps1',
  RunBatScript: '.bat',
} satisfies Record<CommandType, string>;

function planLauncher(text: string, content: Launch['content']): Launch | Refusal {
  const launcher = parseLauncher(text);
  if ('fault' in launcher)
    return { refused: 'CommandNotApplicable', message: `The launcher cannot be used. ${launcher.fault}` };
  const [program = ''] = launcher.words;
  return {
    programs: [program],
    args: (script) => launcherArgv(launcher, script).slice(1),
    content,
    missing: `The launcher names ${program}, which is not there.`,
  };
}
