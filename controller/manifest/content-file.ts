// contentFrom.file and sendFile.source: a path of a manifest → a file of the same commit. Every path that the answer depends on is
// named, so that a change there is seen.
import { isUtf8 } from 'node:buffer';
import { posix } from 'node:path';
import { type Place, type Problem, problem } from '../../schemas/problem.ts';
import { quote } from '../../schemas/schema-findings.ts';
import type { Snapshot } from '../source/snapshot.ts';
import type { Limits } from './limits.ts';
import { position } from './text.ts';

/** What is larger is not held while manifests are bound, under the usual limits: it is read through once. */
const usuallyHeld = 64 * 1024;

/** So many bytes are held: what could be an ordinary script always is. */
export function heldBytes({ command, file, inline }: Limits): number {
  return Math.min(file.blobBytes, Math.max(usuallyHeld, command.bytes, inline.bytes));
}

export type Resolved = { dependsOn: readonly string[] } & (
  | { path: string; blob: string }
  | { problem: Problem }
);

/** Finds the file that a manifest at `manifest` names as `file`. */
export function resolveContent(
  files: Snapshot['files'],
  manifest: string,
  file: string,
  place: Place,
): Resolved {
  const finding = (what: string) => ({ what, found: quote(file) });
  const path = posix.normalize(posix.join(posix.dirname(manifest), file));
  if (file.startsWith('/') || path === '..' || path.startsWith('../')) {
    const what = 'the path leads out of the repository';
    return { dependsOn: [], problem: problem('ContentFileOutside', place, finding(what)) };
  }
  const dependsOn = withParents(path);
  for (const each of dependsOn) {
    const entry = files.get(each);
    if (entry?.mode === '120000')
      return {
        dependsOn,
        problem: problem('ContentFileIsSymlink', place, finding(`${each} is a symbolic link`)),
      };
    if (entry?.mode === '160000')
      return {
        dependsOn,
        problem: problem('ContentFileInSubmodule', place, finding(`${each} is a submodule`)),
      };
  }
  const entry = files.get(path);
  if (entry !== undefined) return { dependsOn, path, blob: entry.blob };
  return { dependsOn, problem: problem('ContentFileMissing', place, finding(`there is no file ${path}`)) };
}

/** Why a content file is not read at all. */
export function tooLargeFault(path: string, size: number, place: Place, { file }: Limits): Problem {
  const finding = {
    what: `${path} is too large`,
    found: `${size} bytes`,
    legal: `${file.blobBytes} at most`,
  };
  return problem('ContentFileTooLarge', place, finding);
}

/** The text of a script that was read. */
export function contentText(read: Buffer, path: string, place: Place): string | Problem {
  return isUtf8(read)
    ? new TextDecoder().decode(read)
    : problem('ScriptNotUtf8', place, `${path} is not UTF-8 text`);
}

/** Place of a piece of a content file. */
export function placeInContent(path: string, text: string, index: number, length: number): Place {
  return { file: path, ...position(text, index), length };
}

/** a/b/c → a, a/b, a/b/c. */
function withParents(path: string): string[] {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}
