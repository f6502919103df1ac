// How arguments become the one string that a Windows program is started with, so that CommandLineToArgvW (and with
// it every C runtime) takes them apart again: "Everyone quotes command line arguments the wrong way", Microsoft 2011.

/** The whole command line of a program. Not for what cmd.exe parses: it knows quotes, but not these backslashes. */
export function commandLine(argv: readonly string[]): string {
  return argv.map(quoteArgument).join(' ');
}

export function quoteArgument(text: string): string {
  if (text !== '' && !/[\s"]/.test(text)) return text;
  // Backslashes mean themselves but before a quote, where each counts half: also before the one that ends it.
  return `"${text.replace(/(\\*)"/g, '$1$1\\"').replace(/\\+$/, '$&$&')}"`;
}
