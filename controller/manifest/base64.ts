/** Bytes of a Base64 text, in which blanks and line breaks do not count; undefined if it is none. */
export function base64Bytes(text: string): Buffer | undefined {
  const bare = text.replace(/\s+/g, '');
  if (bare.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(bare)) return undefined;
  return Buffer.from(bare, 'base64');
}

/** How many characters so many bytes have in Base64. */
export function base64Length(bytes: number): number {
  return 4 * Math.ceil(bytes / 3);
}
