/** What was found, in words: the first sentence says it, the others what it rests on. */
export function Verdict({ words }: { words: string }) {
  const [, first, rest] = /^(.+?[.!?])\s+(.*)$/s.exec(words) ?? [];
  return (
    <p className="verdict">
      {first === undefined ? (
        words
      ) : (
        <>
          <strong>{first}</strong> {rest}
        </>
      )}
    </p>
  );
}
