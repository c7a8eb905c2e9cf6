import type { FileContent } from '../shared/contract/common.ts';

/** Hands a file to the reader: the browser's or Electron's download. */
export function saveBlob(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export function saveFile({ name, type, text }: FileContent): void {
  saveBlob(name, new Blob([text], { type }));
}

/** A recipe or a sweep, as a file that opens again. */
export function saveJson(name: string, value: unknown): void {
  const stem =
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '') || 'recipe';
  const text = `${JSON.stringify(value, null, 2)}\n`;
  saveFile({ name: `${stem}.json`, type: 'application/json', text });
}

/** Whether the text is on the clipboard now. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** For windows without the clipboard permission: Electron denies every one. */
function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'offscreen';
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  return copied;
}
