/** An interval's line with its ends, on a ground of its own. */
export function Whisker({ path }: { path: string }) {
  return (
    <>
      <path className="chart-halo" d={path} />
      <path className="chart-whisker" d={path} />
    </>
  );
}
