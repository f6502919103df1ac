export type Fields = Record<string, string | number | boolean | undefined>;

/** Where the agent says what happens to it: constant texts, with fields. */
export interface Log {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

/** One JSON object a line: level, time, msg and the fields. */
export function jsonLog(write: (line: string) => void, now: () => number): Log {
  const line =
    (level: string) =>
    (msg: string, fields: Fields = {}) => {
      write(`${JSON.stringify({ level, time: new Date(now()).toISOString(), msg, ...fields })}\n`);
    };
  return { info: line('info'), warn: line('warn'), error: line('error') };
}
