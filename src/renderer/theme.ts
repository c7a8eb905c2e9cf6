import {
  convertCssVariables,
  createTheme,
  DEFAULT_THEME,
  defaultCssVariablesResolver,
  defaultVariantColorsResolver,
  localStorageColorSchemeManager,
  type MantineColorsTuple,
  mergeMantineTheme,
} from '@mantine/core';

const gold: MantineColorsTuple = [
  '#fbf5e3',
  '#f5e8c3',
  '#ecd796',
  '#e2c569',
  '#d9ae3d',
  '#c9a227',
  '#a5801b',
  '#7d5c0d',
  '#6a4e0a',
  '#523c06',
];

/** Warm greys: lacquer in the dark, clay in the light. */
const dark: MantineColorsTuple = [
  '#ece8e1',
  '#cfc9bf',
  '#aca599',
  '#77726b',
  '#46434a',
  '#36343c',
  '#2a282f',
  '#201f24',
  '#17161a',
  '#100f12',
];
const gray: MantineColorsTuple = [
  '#faf8f4',
  '#f3efe8',
  '#e9e3d9',
  '#ddd5c8',
  '#cbc2b3',
  '#a99f8f',
  '#7d7467',
  '#575046',
  '#393430',
  '#23201b',
];

export const theme = createTheme({
  colors: { gold, dark, gray },
  primaryColor: 'gold',
  primaryShade: { light: 7, dark: 4 },
  autoContrast: true,
  // Mantine picks the text on gold by the light shade, and the dark one is bright.
  variantColorResolver: (input) => {
    const colors = defaultVariantColorsResolver(input);
    const isGold = input.color === undefined || input.color === 'gold';
    return input.variant === 'filled' && isGold ? { ...colors, color: 'var(--on-gold)' } : colors;
  },
  black: '#23201b',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  headings: { fontWeight: '620' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    // Its scroll lock writes style elements, which our content security policy refuses.
    // Its hidden first stop is no menu item, which screen readers and axe object to.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    Modal: { defaultProps: { lockScroll: false, centered: true } },
    Drawer: { defaultProps: { lockScroll: false } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 300, multiline: true, maw: 320 } },
  },
});

export const colorScheme = localStorageColorSchemeManager({ key: 'kintsugi-color-scheme' });

const OWN = {
  light: {
    '--on-gold': '#ffffff',
    '--mantine-color-body': '#faf8f4',
    '--mantine-color-dimmed': '#655e53',
    '--mantine-color-default-border': '#ddd5c8',
    '--mantine-color-placeholder': '#716a5f',
  },
  dark: {
    '--on-gold': '#17161a',
    '--mantine-color-body': '#17161a',
    '--mantine-color-dimmed': '#aea79b',
    '--mantine-color-default-border': '#3d3a43',
    '--mantine-color-placeholder': '#99927f',
  },
};

/**
 * The theme's variables as a constructed style sheet. Mantine would write them into a style element,
 * which needs a policy that allows inline styles.
 */
export function adoptTheme(): void {
  const { variables, light, dark } = defaultCssVariablesResolver(
    mergeMantineTheme(DEFAULT_THEME, theme),
  );
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    convertCssVariables(
      { variables, light: { ...light, ...OWN.light }, dark: { ...dark, ...OWN.dark } },
      ':root',
    ),
  );
  document.adoptedStyleSheets.push(sheet);
}
