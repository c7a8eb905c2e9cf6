/** Presentation properties that a picture needs when it has left the page's style sheets. */
const PROPERTIES = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-linejoin',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
  'dominant-baseline',
] as const;

/** Sharp on dense screens and in print. */
const PIXEL_RATIO = 2;

const TITLE_ROOM = 30;
const SIDE_ROOM = 12;
const NAMESPACE = 'http://www.w3.org/2000/svg';

/** A chart's figure as one drawing: title, drawing and legend, in the colours of the theme that it is seen in. */
export function toSvg(figure: HTMLElement, title: string): string {
  const drawing = figure.querySelector<SVGSVGElement>(':scope > svg')!;
  const copy = styledCopy(drawing) as SVGSVGElement;
  const { width, height } = drawing.viewBox.baseVal;
  const origin = drawing.getBoundingClientRect();
  const entries = [...figure.querySelectorAll<HTMLElement>('.chart-legend li')];
  const bottom = Math.max(
    height,
    ...entries.map((entry) => entry.getBoundingClientRect().bottom - origin.top + 8),
  );
  copy.append(...entries.flatMap((entry) => legendEntry(entry, origin)));
  const frame = { width: width + 2 * SIDE_ROOM, height: bottom + TITLE_ROOM };
  const heading = text(title, 0, -12, figure.querySelector('figcaption')!);
  const ground = make('rect', { ...frame, x: -SIDE_ROOM, y: -TITLE_ROOM });
  ground.setAttribute('fill', colourOf(figure, '--chart-ground'));
  copy.prepend(ground, heading);
  set(copy, {
    xmlns: NAMESPACE,
    ...frame,
    viewBox: `${-SIDE_ROOM} ${-TITLE_ROOM} ${frame.width} ${frame.height}`,
  });
  return new XMLSerializer().serializeToString(copy);
}

/** With what style sheets give it written into its attributes. */
function styledCopy(element: Element): Element {
  const copy = element.cloneNode(true) as Element;
  const originals = [element, ...element.querySelectorAll('*')];
  const copies = [copy, ...copy.querySelectorAll('*')];
  originals.forEach((original, i) => {
    const style = getComputedStyle(original);
    const target = copies[i]!;
    target.removeAttribute('class');
    for (const name of PROPERTIES) {
      const value = style.getPropertyValue(name);
      if (value !== '') target.setAttribute(name, value);
    }
  });
  return copy;
}

/** A mark and its name, where they stand on the page. */
function legendEntry(entry: HTMLElement, origin: DOMRect): Element[] {
  const icon = entry.querySelector('svg')!;
  const place = icon.getBoundingClientRect();
  const mark = styledCopy(icon);
  const [x, y] = [place.left - origin.left, place.top - origin.top];
  set(mark, { x, y, width: place.width, height: place.height });
  return [mark, text(entry.textContent, x + place.width + 6, y + place.height / 2 + 4, entry)];
}

function text(content: string, x: number, y: number, like: Element): Element {
  const style = getComputedStyle(like);
  const element = make('text', { x, y, fill: style.color });
  for (const name of ['font-family', 'font-size', 'font-weight'] as const) {
    element.setAttribute(name, style.getPropertyValue(name));
  }
  element.textContent = content;
  return element;
}

/** The value of a custom property as a colour that stands for itself. */
function colourOf(within: HTMLElement, property: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${property})`;
  within.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

function make(name: string, attributes: Readonly<Record<string, string | number>>): Element {
  const element = document.createElementNS(NAMESPACE, name);
  set(element, attributes);
  return element;
}

function set(element: Element, attributes: Readonly<Record<string, string | number>>): void {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
}

/** The same as pixels. */
export async function toPng(figure: HTMLElement, title: string): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(toSvg(figure, title))}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = image.naturalWidth * PIXEL_RATIO;
  canvas.height = image.naturalHeight * PIXEL_RATIO;
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/png');
  });
}
