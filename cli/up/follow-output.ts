import type { LogChunk } from '../../schemas/generated/wire.ts';
import { at, stream } from '../client.ts';
import type { Connection } from '../connection.ts';
import { logPrinter } from '../log-printer.ts';
import { oneLine } from '../terminal.ts';

/** Says each line that an invocation writes, until its run ends. */
export async function followOutput(
  connection: Connection,
  invocation: string,
  say: (text: string) => void,
): Promise<void> {
  const printer = logPrinter({
    out: { write: (text) => say(text.replace(/\n$/, '')) },
    prefixed: true,
    raw: false,
    prefix: (instance) => `${oneLine(invocation)}  ${oneLine(instance)}  | `,
  });
  try {
    const chunks = stream<LogChunk>(connection, at('invocations', invocation, 'logs'), { follow: 'true' });
    for await (const chunk of chunks) printer.print(chunk);
  } catch {
    // What happened is told by the states; `groundcrew logs` shows the rest.
  }
  printer.flush();
}
