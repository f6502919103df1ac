import { expect, test } from 'vitest';
import type { LogChunk } from '../schemas/generated/wire.ts';
import { logPrinter } from './log-printer.ts';

function print(options: { prefixed: boolean; raw: boolean }, chunks: Partial<LogChunk>[]): string {
  let text = '';
  const printer = logPrinter({ out: { write: (more) => (text += more) }, ...options });
  for (const chunk of chunks)
    printer.print({ execution: 'e1', instance: 'mi-1', instanceName: 'web-1', ...chunk });
  printer.flush();
  return text;
}

const onTerminal = { prefixed: false, raw: false };

test('lines of several instances are whole and say whose they are', () => {
  const other = { execution: 'e2', instanceName: 'web-2' };
  expect(
    print({ prefixed: true, raw: false }, [
      { text: 'one\ntw' },
      { ...other, text: 'uno\r\n' },
      { text: 'o\nlast' },
      { ...other, text: 'dos' },
    ]),
  ).toBe('web-1 | one\nweb-2 | uno\nweb-1 | two\nweb-1 | last\nweb-2 | dos\n');
});

test('bytes that were dropped are marked where they are missing', () => {
  expect(print(onTerminal, [{ text: 'head' }, { text: 'tail\n', dropped: 4096 }])).toBe(
    'head\n[4096 bytes dropped]\ntail\n',
  );
});

test.each([
  ['colours stay', 'a\u001b[1;31mred\u001b[0mb', 'a\u001b[1;31mred\u001b[0mb'],
  ['the screen is not cleared', 'a\u001b[2J\u001b[Hb', 'ab'],
  ['the title is not set', 'a\u001b]0;title\u0007b', 'ab'],
  ['the clipboard is not written', 'a\u001b]52;c;aGk=\u001b\\b', 'ab'],
  ['a device string is dropped', 'a\u001bPq#0\u001b\\b', 'ab'],
  ['one-byte controls are dropped', 'a\u009b2Jb\u0085c\u0007d\bd', 'abcdd'],
  ['direction is not turned around', 'a\u202eb\u2066c', 'abc'],
  ['a lone escape is dropped', 'a\u001bcb\u001b', 'ab'],
])('on a terminal %s', (_, text, shown) => {
  expect(print(onTerminal, [{ text }])).toBe(shown);
});

test('a sequence that is cut between two pieces does not get through', () => {
  expect(print({ prefixed: true, raw: false }, [{ text: 'a\u001b[2' }, { text: 'Jb\n' }])).toBe(
    'web-1 | ab\n',
  );
  expect(print(onTerminal, [{ text: 'a\u001b]52;c' }, { text: ';aGk=\u0007b' }])).not.toContain('\u001b');
});

test('into a file everything goes through as it was written', () => {
  expect(print({ prefixed: false, raw: true }, [{ text: 'a\u001b[2Jb\u0007' }])).toBe('a\u001b[2Jb\u0007');
});
