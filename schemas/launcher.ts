// The launcher: what runs a script instead of its type's interpreter. Pure: what a manifest may say and what an agent
// starts are decided by the same few lines.
//
// Words are split on blanks. A run in single or double quotes belongs to one word, without its quotes; nothing is
// escaped in it. `{{ACS::ScriptFileName}}` (or GC::) is the path of the script, at most once, in quotes or not; with
// `|Ext(".py")` the script's file has that extension. Without it the path is the last word. No shell is involved.

export interface Launcher {
  /** The first names the program. */
  words: string[];
  /** Where the path of the script belongs: into this word, after so many of its characters. */
  scriptAt: { word: number; offset: number };
  /** With its dot. */
  extension?: string;
}

/** What is wrong with a launcher, and after how many characters. */
export interface LauncherFault {
  fault: string;
  index: number;
}

export function parseLauncher(text: string): Launcher | LauncherFault {
  const words: string[] = [];
  let scriptAt: Launcher['scriptAt'] | undefined;
  let extension: string | undefined;
  let word: string | undefined;
  let quote: { mark: string; index: number } | undefined;

  for (let index = 0; index < text.length; ) {
    const character = text.charAt(index);
    if (text.startsWith('{{', index)) {
      const placeholder = readPlaceholder(text, index);
      if ('fault' in placeholder) return placeholder;
      if (scriptAt !== undefined) return { fault: 'The path of the script may be asked for once.', index };
      word ??= '';
      scriptAt = { word: words.length, offset: word.length };
      extension = placeholder.extension;
      index += placeholder.length;
      continue;
    }
    if (character === '\0') return { fault: 'A NUL character cannot be given to a program.', index };
    if (character === quote?.mark) quote = undefined;
    else if (quote !== undefined) word += character;
    else if (character === '"' || character === "'") {
      quote = { mark: character, index };
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + character;
    index += 1;
  }
  if (quote !== undefined) return { fault: `This ${quote.mark} is not closed.`, index: quote.index };
  if (word !== undefined) words.push(word);

  if (words.length === 0) return { fault: 'It names no program.', index: 0 };
  if (words[0] === '' || scriptAt?.word === 0)
    return { fault: 'The first word has to name a program.', index: text.search(/\S/) };
  if (scriptAt === undefined) scriptAt = { word: words.push('') - 1, offset: 0 };
  return { words, scriptAt, ...(extension === undefined ? {} : { extension }) };
}

/** Its words with the path of the script in place. */
export function launcherArgv({ words, scriptAt }: Launcher, script: string): string[] {
  const { word: place, offset } = scriptAt;
  return words.map((word, at) => (at === place ? word.slice(0, offset) + script + word.slice(offset) : word));
}

const placeholderForm =
  /^\{\{\s*(?:ACS|GC)\s*::\s*ScriptFileName\s*(?:\|\s*Ext\s*\(\s*(["'])(.*?)\1\s*\)\s*)?\}\}/;

function readPlaceholder(
  text: string,
  index: number,
): { length: number; extension?: string } | LauncherFault {
  const rest = text.slice(index);
  if (!rest.includes('}}')) return { fault: 'This {{ is not closed.', index };
  const found = placeholderForm.exec(rest);
  if (found === null)
    return {
      fault: 'Only {{ACS::ScriptFileName}} and {{ACS::ScriptFileName|Ext(".py")}} have a meaning here.',
      index,
    };
  const [{ length }, , extension] = found;
  if (extension === undefined) return { length };
  if (!/^\.[A-Za-z0-9]{1,16}$/.test(extension))
    return { fault: 'An extension is a dot and up to 16 letters or digits, like ".py".', index };
  return { length, extension };
}
