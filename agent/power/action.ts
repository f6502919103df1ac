// What a script asks of the machine by the code that it ends with: Cloud Assistant's rule.

export type PowerAction = 'off' | 'reboot';

const askedBy = {
  posix: { 193: 'off', 194: 'reboot' },
  windows: { 3009: 'off', 3010: 'reboot' },
} satisfies Record<string, Record<number, PowerAction>>;

/** Undefined for every other code, and for what did not end by itself and so has none. */
export function powerAction(exitCode: number | undefined, os: 'posix' | 'windows'): PowerAction | undefined {
  const actions: Readonly<Record<number, PowerAction>> = askedBy[os];
  return exitCode === undefined ? undefined : actions[exitCode];
}

/** What is run for it, unless the agent is told otherwise. */
export const powerCommands = {
  posix: { off: ['shutdown', '-h', 'now'], reboot: ['shutdown', '-r', 'now'] },
  windows: { off: ['shutdown', '-f', '-s', '-t', '0'], reboot: ['shutdown', '-f', '-r', '-t', '0'] },
} satisfies Record<string, Record<PowerAction, string[]>>;
