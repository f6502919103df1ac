/** What ends the agent, with the exit code it ends with: 75 asks to be started again, 78 and 64 need a human. */
export class AgentFault extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number, cause?: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

export const exitCodes = { usage: 64, restart: 75, refused: 78 } as const;

/** The code of a system error (ENOENT, EEXIST, ...), undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** What went wrong, as text for a log. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
