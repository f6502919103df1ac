import { isUtf8 } from 'node:buffer';
import { type Problem, problem } from '../../schemas/problem.ts';

/** Largest manifest file, in bytes. */
export const maxFileBytes = 256 * 1024;

/** The text of a manifest file, without a byte order mark; or why it has none. The problem's file is ''. */
export function textOf(bytes: Buffer | { tooLarge: number }): { text: string } | { problem: Problem } {
  const size = 'tooLarge' in bytes ? bytes.tooLarge : bytes.length;
  if ('tooLarge' in bytes || size > maxFileBytes) {
    const finding = {
      what: 'the file is too large',
      found: `${size} bytes`,
      legal: `${maxFileBytes} at most`,
    };
    return { problem: problem('FileTooLarge', { file: '', line: 1, column: 1 }, finding) };
  }
  if (!isUtf8(bytes)) {
    const place = { file: '', ...firstBadByte(bytes) };
    return { problem: problem('FileNotUtf8', place, 'the bytes here are not UTF-8') };
  }
  const text = new TextDecoder().decode(bytes);
  const nul = text.indexOf('\0');
  if (nul < 0) return { text };
  return {
    problem: problem('FileHasNul', { file: '', ...position(text, nul) }, 'a NUL character stands here'),
  };
}

/** Line and column of an offset, both from 1. */
export function position(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - lineStart + 1 };
}

function firstBadByte(bytes: Buffer): { line: number; column: number } {
  let line = 1;
  for (let start = 0; start <= bytes.length; line++) {
    const newline = bytes.indexOf(10, start);
    const end = newline < 0 ? bytes.length : newline;
    const part = bytes.subarray(start, end);
    if (!isUtf8(part)) {
      let good = 0;
      while (good < part.length && !startsBadly(part, good)) good += characterBytes(part[good] ?? 0);
      return { line, column: part.subarray(0, good).toString().length + 1 };
    }
    start = end + 1;
  }
  return { line: 1, column: 1 };
}

function startsBadly(bytes: Buffer, index: number): boolean {
  return !isUtf8(bytes.subarray(index, index + characterBytes(bytes[index] ?? 0)));
}

function characterBytes(first: number): number {
  if (first < 0xc0) return 1;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}
