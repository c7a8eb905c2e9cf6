import { trainToy } from './toy.ts';

/** Started by killed.test.ts, and killed: says every step, and at the end what came of it. */
const [dir] = process.argv.slice(2) as [string];
const result = await trainToy(dir, { onProgress: ({ step }) => console.log(`step ${step}`) });
console.log(`result ${JSON.stringify(result)}`);
