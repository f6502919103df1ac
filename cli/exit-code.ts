/** What every command ends with. */
export const exitCode = {
  fine: 0,
  failed: 1,
  changes: 2,
  held: 3,
  usage: 64,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];
