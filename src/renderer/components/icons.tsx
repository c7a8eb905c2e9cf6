import type { ReactNode } from 'react';

/** Line drawings of 24 × 24, in the text's colour; their meaning is always written beside them. */
const icon = (content: ReactNode) =>
  function Icon({ size = 20 }: { size?: number }) {
    return (
      <svg
        width={size}
        height={size}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.8"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        focusable="false"
      >
        {content}
      </svg>
    );
  };

export const HomeIcon = icon(<path d="M4 11.5 12 5l8 6.5V20h-5.5v-5h-5v5H4z" />);
export const RepairIcon = icon(
  <>
    <path d="M3.5 10h17c0 5.5-3.5 9-8.5 9s-8.5-3.5-8.5-9Z" />
    <path d="m9 10 2.5 3-2 2.5 3 3.5" />
  </>,
);
export const RunsIcon = icon(<path d="M4 6h16M4 12h16M4 18h10" />);
export const SweepsIcon = icon(<path d="M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h6v6h-6z" />);
export const CompareIcon = icon(<path d="M5 20V11M10 20V5M15 20v-7M20 20V8" />);
export const PlaygroundIcon = icon(
  <>
    <path d="M4 5h16v11H10l-4 4v-4H4z" />
    <path d="M8 9h8M8 12h5" />
  </>,
);
export const ModelsIcon = icon(
  <>
    <path d="m12 3.5 7.5 4.25v8.5L12 20.5l-7.5-4.25v-8.5z" />
    <path d="m4.5 7.75 7.5 4.25 7.5-4.25M12 12v8.5" />
  </>,
);
export const BanksIcon = icon(
  <>
    <path d="m12 4 8.5 4.5L12 13 3.5 8.5z" />
    <path d="m4 12.5 8 4.5 8-4.5M4 16.5l8 4.5 8-4.5" />
  </>,
);
export const SettingsIcon = icon(
  <>
    <path d="M4 7h9M17 7h3M4 17h3M11 17h9" />
    <circle cx="15" cy="7" r="2" />
    <circle cx="9" cy="17" r="2" />
  </>,
);
export const SearchIcon = icon(
  <>
    <circle cx="11" cy="11" r="6" />
    <path d="m16 16 4 4" />
  </>,
);
export const CheckIcon = icon(<path d="m5 12.5 4.5 4.5L19 7.5" />);
export const CrossIcon = icon(<path d="m7 7 10 10M17 7 7 17" />);
export const FolderIcon = icon(<path d="M3.5 6h6l2 2.5h9V19h-17z" />);
export const FileIcon = icon(
  <>
    <path d="M6 3.5h8L18.5 8v12.5H6z" />
    <path d="M13.5 3.5V8.5h5" />
  </>,
);
export const DownIcon = icon(<path d="m6 9 6 6 6-6" />);
export const DotsIcon = icon(<path d="M5 12h.01M12 12h.01M19 12h.01" />);
export const SunIcon = icon(
  <>
    <circle cx="12" cy="12" r="4" />
    <path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M18.4 5.6 17 7M7 17l-1.4 1.4" />
  </>,
);
export const MoonIcon = icon(<path d="M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10Z" />);
export const AutoIcon = icon(
  <>
    <circle cx="12" cy="12" r="8" />
    <path d="M12 4v16a8 8 0 0 0 0-16Z" fill="currentColor" />
  </>,
);

/** The bowl and its golden seam. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 64 64" aria-hidden="true" focusable="false">
      <rect className="mark-ground" width="64" height="64" rx="14" />
      <path d="M10 27h44c0 14-9 24-22 24S10 41 10 27Z" fill="#efe8da" />
      <path d="M25 51h14v3.5H25z" fill="#efe8da" />
      <path
        d="M10 27h44M21 27l6 8-5 6 8 4 1 6M27 35l10-3 6 5 8-1M37 32l2-5"
        fill="none"
        stroke="#c9971f"
        strokeWidth="2.8"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
