// What a script's file holds on Windows.
import { encodeText } from './code-page.ts';

const byteOrderMark = '\uFEFF';

/** CRLF, and a mark that says UTF-8: without it Windows PowerShell reads the code page of the machine. */
export function powerShellFile(script: string): string {
  return byteOrderMark + withCrlf(script.replace(/^\uFEFF/, ''));
}

/**
 * CRLF, in the code page of the machine, which is what cmd.exe reads, and with its own commands not in the output.
 * Undefined if the code page does not have a character of it.
 */
export function batchFile(script: string, codePage: number): Uint8Array | undefined {
  const text = withCrlf(script.replace(/^\uFEFF/, ''));
  // Found again in a script that was written before, it is not doubled.
  return encodeText(text.startsWith(quiet) ? text : quiet + text, codePage);
}

const quiet = '@echo off\r\n';

function withCrlf(text: string): string {
  return text.replace(/\r?\n/g, '\r\n');
}
