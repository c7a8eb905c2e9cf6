import { ActionIcon, Menu } from '@mantine/core';
import { type ReactNode, type RefObject, useRef } from 'react';
import { DotsIcon } from '../components/icons.tsx';
import { saveBlob, saveFile } from '../save-file.ts';
import { useToasts } from '../shell/toasts.tsx';
import { reportOf } from '../use-call.ts';
import { toPng, toSvg } from './export-image.ts';
import { useWidth } from './use-width.ts';
import './charts.css';

interface Props {
  readonly title: string;
  /** What the drawing says, for those who do not see it. */
  readonly description: string;
  readonly height: number;
  readonly legend?: ReactNode;
  /** Draws into `width` × `height` pixels. */
  readonly children: (width: number) => ReactNode;
}

/** A drawing as wide as its place, with its title and a menu that saves it as a picture. */
export function Chart({ title, description, height, legend, children }: Props) {
  const frame = useRef<HTMLElement>(null);
  const width = useWidth(frame);
  return (
    <figure className="chart" ref={frame}>
      <div className="chart-head">
        <figcaption>{title}</figcaption>
        <SaveMenu title={title} figure={frame} />
      </div>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={description}>
        {children(width)}
      </svg>
      {legend}
    </figure>
  );
}

interface SaveMenuProps {
  readonly title: string;
  readonly figure: RefObject<HTMLElement | null>;
}

function SaveMenu({ title, figure }: SaveMenuProps) {
  const { showError } = useToasts();
  const name = title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  const saveSvg = () => {
    const text = toSvg(figure.current!, title);
    saveFile({ name: `${name}.svg`, type: 'image/svg+xml', text });
  };
  const savePng = async () => {
    try {
      saveBlob(`${name}.png`, await toPng(figure.current!, title));
    } catch (error) {
      showError(reportOf(error));
    }
  };
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`Save the chart "${title}"`}>
          <DotsIcon size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => void savePng()}>Save as PNG</Menu.Item>
        <Menu.Item onClick={saveSvg}>Save as SVG</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
