/** Shapes that say the same as colours. */
export type MarkShape =
  | 'star'
  | 'circle'
  | 'square'
  | 'diamond'
  | 'triangle'
  | 'cross'
  | 'wedge'
  | 'hexagon';

/** Outline of a mark of about 10 pixels around (x, y). */
export function markPath(mark: MarkShape, x: number, y: number): string {
  switch (mark) {
    case 'circle':
      return `M${x - 5},${y}a5,5 0 1,0 10,0a5,5 0 1,0 -10,0Z`;
    case 'square':
      return `M${x - 4.5},${y - 4.5}h9v9h-9Z`;
    case 'diamond':
      return `M${x},${y - 6.5}l6.5,6.5l-6.5,6.5l-6.5,-6.5Z`;
    case 'triangle':
      return `M${x},${y - 6}l6,10.5h-12Z`;
    case 'star':
      return `M${x},${y - 7}l2,5l5,2l-5,2l-2,5l-2,-5l-5,-2l5,-2Z`;
    case 'wedge':
      return `M${x - 6},${y - 5}h12l-6,10.5Z`;
    case 'hexagon':
      return `M${x - 5.5},${y}l3,-5h5l3,5l-3,5h-5Z`;
    case 'cross':
      return `M${x - 2},${y - 6}h4v4h4v4h-4v4h-4v-4h-4v-4h4Z`;
  }
}
