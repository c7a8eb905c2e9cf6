// One way to write a number, on the screens and in reports.
export * from '../shared/format.ts';
