// Text to and from the code page of a Windows machine. Node reads the encodings of the web; what they do not have
// (437 and 850 of old consoles) is read as Latin-1 and written only as far as it is ASCII.

/** Code page to the name that TextDecoder knows. */
const names: Readonly<Record<number, string>> = {
  866: 'ibm866',
  874: 'windows-874',
  932: 'shift_jis',
  936: 'gbk',
  949: 'euc-kr',
  950: 'big5',
  1250: 'windows-1250',
  1251: 'windows-1251',
  1252: 'windows-1252',
  1253: 'windows-1253',
  1254: 'windows-1254',
  1255: 'windows-1255',
  1256: 'windows-1256',
  1257: 'windows-1257',
  1258: 'windows-1258',
  54936: 'gb18030',
  65001: 'utf-8',
};

/** What a program printed, as text; what is no character becomes U+FFFD. */
export function decodeText(bytes: Uint8Array, codePage: number): string {
  const name = names[codePage];
  if (name === undefined) return Buffer.from(bytes).toString('latin1');
  const text = new TextDecoder(name).decode(bytes);
  if (codePage !== 1252) return text;
  return text.replace(/[\x80-\x9f]/g, (character) => high1252.charAt(character.charCodeAt(0) - 0x80));
}

/** What 0x80 to 0x9F are there; Node 20 takes windows-1252 for Latin-1 and leaves them. */
const high1252 =
  '\u20AC\x81\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\x8D\u017D\x8F' +
  '\x90\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\x9D\u017E\u0178';

/** The bytes of a text; undefined if the code page does not have one of its characters. */
export function encodeText(text: string, codePage: number): Uint8Array | undefined {
  if (codePage === 65001 || /^\p{ASCII}*$/u.test(text)) return Buffer.from(text, 'utf8');
  if (names[codePage] === undefined) return undefined;
  const table = tableOf(codePage);
  const bytes: number[] = [];
  for (const character of text) {
    const encoded = table.get(character);
    if (encoded === undefined) return undefined;
    bytes.push(...encoded);
  }
  return Uint8Array.from(bytes);
}

/** Node only decodes: what one and two bytes mean is asked once for each of them, and turned around. */
function tableOf(codePage: number): Map<string, number[]> {
  const table = new Map<string, number[]>();
  const learn = (...bytes: number[]): boolean => {
    const character = decodeText(Uint8Array.from(bytes), codePage);
    const whole = [...character].length === 1 && character !== '\uFFFD';
    if (whole && !table.has(character)) table.set(character, bytes);
    return whole;
  };
  for (let first = 0; first < 256; first += 1) {
    if (learn(first) || first < 0x80) continue;
    for (let second = 0x30; second < 256; second += 1) learn(first, second);
  }
  return table;
}
