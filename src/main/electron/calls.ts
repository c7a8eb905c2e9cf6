import type { IpcMain, IpcMainInvokeEvent } from 'electron';
import type { Services } from '../../shared/contract.ts';
import { CALL_CHANNEL } from '../../shared/contract-bridge.ts';
import { answer } from '../answer.ts';
import { isOwnPage } from './security.ts';

/** Answers the screens' calls over Electron's IPC; a frame that is not our page is not answered. */
export function answerCalls(ipc: Pick<IpcMain, 'handle'>, services: Services): void {
  ipc.handle(CALL_CHANNEL, (event, name: unknown, input: unknown) => {
    if (!comesFromOurPage(event)) throw new Error('Refused: the call comes from a foreign frame.');
    return answer(services, name, input);
  });
}

/** Only the top frame of our own page; the frame is null once it has navigated away. */
function comesFromOurPage({ senderFrame }: IpcMainInvokeEvent): boolean {
  return senderFrame !== null && senderFrame.parent === null && isOwnPage(senderFrame.url);
}
