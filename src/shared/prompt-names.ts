const LONGEST = 120;

/** What is wrong with each name of a bank's prompts; null where nothing is. */
export function promptNameFaults(names: readonly string[]): (string | null)[] {
  return names.map((name, i) => {
    if (name.trim() === '') return 'A prompt needs a name.';
    if (name.length > LONGEST) return `A name has at most ${LONGEST} characters.`;
    if (/[/\\\p{Cc}]/u.test(name)) return 'A name cannot hold /, \\ or control characters.';
    return names.some((other, k) => k !== i && other.trim() === name.trim())
      ? `Another prompt is called “${name}”.`
      : null;
  });
}
