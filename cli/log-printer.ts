import type { LogChunk } from '../schemas/generated/wire.ts';
import type { Writable } from './sub-command.ts';
import { printable } from './terminal.ts';

export interface LogPrinter {
  print(chunk: LogChunk): void;
  /** Prints the lines that have no end yet. */
  flush(): void;
}

/**
 * Prints output as it comes. `prefixed`: each line begins with the name of its instance, and is printed when it
 * is whole. `raw`: control sequences go through as the script wrote them (a file or a pipe, not a terminal).
 */
export function logPrinter({
  out,
  prefixed,
  raw,
  prefix = (name) => `${name} | `,
}: {
  out: Writable;
  prefixed: boolean;
  raw: boolean;
  prefix?: (instanceName: string, execution: string) => string;
}): LogPrinter {
  const rests = new Map<string, { name: string; text: string }>();
  const clean = (text: string): string => (raw ? text : printable(text));

  const lines = (execution: string, name: string, text: string): void => {
    const parts = ((rests.get(execution)?.text ?? '') + text).split(/\r?\n/);
    const rest = parts.pop() ?? '';
    for (const line of parts) out.write(`${prefix(name, execution)}${clean(line)}\n`);
    if (rest.length > longestLine) {
      out.write(`${prefix(name, execution)}${clean(rest)}\n`);
      rests.delete(execution);
    } else rests.set(execution, { name, text: rest });
  };

  const end = (execution: string): void => {
    const rest = rests.get(execution);
    rests.delete(execution);
    if (rest !== undefined && rest.text !== '')
      out.write(`${prefix(rest.name, execution)}${clean(rest.text)}\n`);
  };

  return {
    print({ execution, instanceName, text = '', dropped, end: ending }) {
      const marked = dropped === undefined ? text : `\n[${dropped} bytes dropped]\n${text}`;
      if (prefixed) lines(execution, instanceName, marked);
      else out.write(clean(marked));
      if (ending !== undefined) end(execution);
    },
    flush() {
      for (const execution of rests.keys()) end(execution);
    },
  };
}

/** A line that does not end is printed in pieces of this length. */
const longestLine = 65_536;
