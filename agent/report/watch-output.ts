import type { Halt } from '../halt.ts';
import { sleep } from '../wait.ts';
import type { OutputReader } from './output-reader.ts';

/** Says when there is output to send, until the signal is aborted: often at first, so that short scripts are seen. */
export async function watchOutput(reader: OutputReader, onReady: () => void, over: Halt): Promise<void> {
  for (let look = 0; !over.asked; look += 1) {
    await sleep(look < 10 ? 20 : 200, over);
    if (!over.asked && reader.ready()) onReady();
  }
}
