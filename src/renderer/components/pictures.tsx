/** Small drawings that teach one idea each; the sentence beside them says the same. */

const COARSE = [8, 8, 24, 24, 24, 40, 40, 56];
const FINE = [10, 14, 21, 26, 31, 37, 45, 53];

/** Fine values snapped to a few steps. */
export function CompressPicture() {
  return (
    <svg className="picture" viewBox="0 0 160 72" aria-hidden="true" focusable="false">
      {FINE.map((height, i) => (
        <rect
          key={height}
          className="p-faint"
          x={6 + i * 8}
          y={66 - height}
          width="5"
          height={height}
        />
      ))}
      <path className="p-line" d="M76 40h10m-4-4 4 4-4 4" />
      {[8, 24, 40, 56].map((level) => (
        <path key={level} className="p-dash" d={`M93 ${66 - level}h64`} />
      ))}
      {COARSE.map((height, i) => (
        <rect
          key={i}
          className="p-solid"
          x={94 + i * 8}
          y={66 - height}
          width="5"
          height={height}
        />
      ))}
    </svg>
  );
}

/** Learned tokens put before the question's own. */
export function PromptPicture() {
  return (
    <svg className="picture" viewBox="0 0 160 72" aria-hidden="true" focusable="false">
      {[0, 1, 2].map((i) => (
        <rect key={i} className="p-gold" x={6 + i * 17} y="25" width="13" height="20" rx="3" />
      ))}
      {[0, 1, 2, 3, 4, 5].map((i) => (
        <rect key={i} className="p-faint" x={59 + i * 16} y="25" width="12" height="20" rx="3" />
      ))}
      <path className="p-gold-line" d="M8 18v-4h46v4" />
      <path className="p-line" d="M60 52v4h91v-4" />
    </svg>
  );
}

/** Of what fell away, the part that came back. */
export function RecoveryPicture() {
  return (
    <svg className="picture" viewBox="0 0 160 72" aria-hidden="true" focusable="false">
      <rect className="p-solid" x="6" y="8" width="130" height="13" rx="3" />
      <rect className="p-solid" x="6" y="29" width="74" height="13" rx="3" />
      <rect className="p-solid" x="6" y="50" width="74" height="13" rx="3" />
      <rect className="p-gold" x="80" y="50" width="36" height="13" rx="3" />
      <path className="p-dash" d="M136 4v62M80 26v40" />
    </svg>
  );
}

/** A mended bowl, for the first page. */
export function BowlPicture() {
  return (
    <svg className="bowl" viewBox="0 0 320 240" aria-hidden="true" focusable="false">
      <ellipse className="bowl-shade" cx="160" cy="222" rx="88" ry="8" />
      <path className="bowl-foot" d="M122 196h76l-8 22h-60z" />
      <path
        className="bowl-clay"
        d="M24 64c4 88 58 138 136 138S292 152 296 64c-30 14-242 14-272 0Z"
      />
      <ellipse className="bowl-inside" cx="160" cy="62" rx="136" ry="22" />
      <path
        className="bowl-seam"
        d="M70 80l24 34-14 26 34 22 8 36M94 114l44-10 30 26 40-12 26 20M168 130l-10 34 18 36M208 118l12-36"
      />
      <path className="bowl-seam thin" d="M114 162l44 2M234 138l22 2" />
      <ellipse className="bowl-rim" cx="160" cy="62" rx="136" ry="22" />
    </svg>
  );
}
