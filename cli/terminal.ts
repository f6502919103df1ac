import type { Writable } from './sub-command.ts';

/**
 * Text from a script or a manifest, safe to show on a terminal: of its control sequences only colours are left,
 * and of its control characters tab, line feed and carriage return.
 */
export function printable(text: string): string {
  return text
    .replace(sequences, (found) => (colour.test(found) ? found : ''))
    .replace(lone, '')
    .replace(hidden, '');
}

/** For one cell of a table or one line of text: no colours and no line breaks either. */
export function oneLine(text: string): string {
  return printable(text).replace(sequences, '').replace(/\s+/g, ' ').trim();
}

export type Paint = (colour: 'green' | 'red' | 'yellow' | 'dim' | 'bold', text: string) => string;

/** Colours if the stream is a terminal and the user has not said NO_COLOR. */
export function painter(stream: Writable, env: Readonly<Record<string, string | undefined>>): Paint {
  const wanted = stream.isTTY === true && (env.NO_COLOR ?? '') === '';
  return (colour, text) => (wanted && text !== '' ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text);
}

const codes = { green: '32', red: '31', yellow: '33', dim: '2', bold: '1' } as const;

const esc = '\\u001b';
// OSC, DCS, APC, PM and SOS with their text up to the terminator; CSI; two-character sequences.
const sequences = new RegExp(
  [
    `(?:${esc}[\\]PX^_]|[\\u009d\\u0090\\u0098\\u009e\\u009f])[^\\u0007\\u001b\\u009c]*(?:\\u0007|${esc}\\\\|\\u009c|$)`,
    `(?:${esc}\\[|\\u009b)[0-?]*[ -/]*(?:[@-~]|$)`,
    `${esc}[ -/]*[0-~]?`,
  ].join('|'),
  'g',
);
const colour = new RegExp(`^${esc}\\[[0-9;]*m$`);
// C0 but for \t \n \r and ESC of a colour, DEL, C1.
const lone = new RegExp(`[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001a\\u001c-\\u001f\\u007f-\\u009f]`, 'g');
// Characters that turn the direction of text around or are not seen.
const hidden = /[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;
