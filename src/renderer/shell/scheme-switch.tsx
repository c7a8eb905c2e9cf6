import {
  type MantineColorScheme,
  SegmentedControl,
  useMantineColorScheme,
  VisuallyHidden,
} from '@mantine/core';
import { AutoIcon, MoonIcon, SunIcon } from '../components/icons.tsx';

const SCHEMES: readonly (readonly [MantineColorScheme, string, typeof SunIcon])[] = [
  ['light', 'Light', SunIcon],
  ['auto', 'As the system', AutoIcon],
  ['dark', 'Dark', MoonIcon],
];

/** Light, dark, or as the system; kept on this machine. */
export function SchemeSwitch({ labelled = false }: { labelled?: boolean }) {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <SegmentedControl
      size="xs"
      role="radiogroup"
      aria-label="Colours"
      value={colorScheme}
      onChange={(value) => setColorScheme(value as MantineColorScheme)}
      data={SCHEMES.map(([value, name, Icon]) => ({
        value,
        label: (
          <span className="scheme">
            <Icon size={16} />
            {labelled ? name : <VisuallyHidden>{name}</VisuallyHidden>}
          </span>
        ),
      }))}
    />
  );
}
