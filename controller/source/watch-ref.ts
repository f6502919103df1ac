import { relative, sep } from 'node:path';
import { watch } from 'chokidar';

/**
 * Calls back as soon as something happens to the files that can hold a ref: the ref's own file, the folders above
 * it (which may not be there yet) and packed-refs. Nothing else of the repository is watched. A call is a hint: it
 * may come without a change, and a change may be missed (a network file system, for one), so look at the ref too.
 */
export function watchRef(commonDir: string, ref: string, changed: () => void): () => Promise<void> {
  const parts = ref.split('/');
  const wanted = new Set([
    '',
    'packed-refs',
    ...parts.map((_, index) => parts.slice(0, index + 1).join('/')),
  ]);
  const watcher = watch(commonDir, {
    ignored: (path) => !wanted.has(relative(commonDir, path).split(sep).join('/')),
    ignoreInitial: true,
    ignorePermissionErrors: true,
    followSymlinks: false,
    // git renames a finished file over the old one: there is nothing half-written to wait for.
    atomic: false,
    awaitWriteFinish: false,
  });
  watcher.on('all', changed);
  watcher.on('ready', changed);
  // chokidar watches the file that has the name, and loses a ref that is renamed over twice in a short time: the
  // watch may stay with a file that is gone. The folders' own events name what was renamed into them.
  const names = new Set(['packed-refs', ...parts]);
  watcher.on('raw', (_event: string, name: unknown) => {
    if (typeof name === 'string' && names.has(name)) changed();
  });
  // Out of watches, for example: the periodic look still sees every commit.
  watcher.on('error', () => undefined);
  return () => watcher.close();
}
