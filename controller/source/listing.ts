import { isUtf8 } from 'node:buffer';
import type { SnapshotFile } from './snapshot.ts';

/** A listed path. What cannot be a path for us comes as `unreadable`, written so that it can be shown. */
export type Listed = { path: string; file: SnapshotFile | undefined } | { unreadable: string; gone: boolean };

/** What `git ls-tree -r -z --full-tree` printed: `MODE TYPE OID\tPATH\0`. */
export function parseTree(output: Buffer): Listed[] {
  const listed: Listed[] = [];
  for (const record of records(output)) {
    const mark = record.startsWith(notText) ? notText : '';
    const tab = record.indexOf('\t');
    const [mode = '', , blob = ''] = record.slice(mark.length, tab).split(' ');
    listed.push(toListed(mark + record.slice(tab + 1), { blob, mode: interned(mode) }));
  }
  return listed;
}

/** What `git diff-tree -r -z` printed: `:OLDMODE NEWMODE OLDOID NEWOID STATUS\0PATH\0`. A path that went has no file. */
export function parseChanges(output: Buffer): Listed[] {
  const listed: Listed[] = [];
  const parts = records(output);
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [, mode = '', , blob = '', status = ''] = (parts[at] ?? '').split(' ');
    listed.push(toListed(parts[at + 1] ?? '', status === 'D' ? undefined : { blob, mode: interned(mode) }));
  }
  return listed;
}

/** Starts a record whose bytes are not UTF-8, and no other: it is half of a surrogate pair. */
const notText = '\ud800';

function records(output: Buffer): string[] {
  if (output.length === 0) return [];
  const body = output[output.length - 1] === 0 ? output.subarray(0, -1) : output;
  if (isUtf8(body)) return body.toString('utf8').split('\0');
  const found: string[] = [];
  for (let at = 0; at <= body.length; ) {
    const end = body.indexOf(0, at);
    const record = body.subarray(at, end === -1 ? body.length : end);
    found.push(isUtf8(record) ? record.toString('utf8') : notText + record.toString('latin1'));
    at = end === -1 ? body.length + 1 : end + 1;
  }
  return found;
}

function toListed(path: string, file: SnapshotFile | undefined): Listed {
  const strange = path.startsWith(notText) || /[\u0000-\u001f\u007f]/.test(path);
  if (!strange && !/(^|\/)\.{0,2}(\/|$)/.test(path)) return { path, file };
  return { unreadable: shown(path), gone: file === undefined };
}

function shown(path: string): string {
  const bytes = path.startsWith(notText);
  const text = bytes ? path.slice(1) : path;
  const strange = bytes ? /[^\u0020-\u007e]|\\/g : /[\u0000-\u001f\u007f\\]/g;
  return text.replaceAll(strange, (char) =>
    char === '\\' ? '\\\\' : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** One string for each mode, not one for each file. */
function interned(mode: string): string {
  return usualModes.get(mode) ?? mode;
}

const usualModes = new Map(['100644', '100755', '120000', '160000'].map((mode) => [mode, mode]));
