/** Opens the browser's print dialog, which also saves PDFs, on a page that needs nothing else. */
export async function printPage(html: string): Promise<void> {
  const frame = document.createElement('iframe');
  frame.className = 'offscreen';
  frame.title = 'Page to print';
  // Scripts stay off: nothing in a report may run.
  frame.setAttribute('sandbox', 'allow-same-origin allow-modals');
  frame.srcdoc = html;
  const loaded = new Promise((done) => frame.addEventListener('load', done, { once: true }));
  document.body.append(frame);
  await loaded;
  const shown = frame.contentWindow!;
  shown.addEventListener('afterprint', () => frame.remove(), { once: true });
  shown.print();
}
