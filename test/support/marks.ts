/** A text without its marks (‸), and where each of them stood: `line:column`. */
export function withoutMarks(marked: string): { text: string; places: string[] } {
  const [first = '', ...rest] = marked.split('‸');
  const places: string[] = [];
  let text = first;
  for (const part of rest) {
    places.push(placeAtEnd(text));
    text += part;
  }
  return { text, places };
}

function placeAtEnd(text: string): string {
  const lines = text.split('\n');
  return `${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`;
}
