import { Button, Notification, Text } from '@mantine/core';
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useMemo,
  useRef,
  useState,
} from 'react';
import type { ErrorReport } from '../../shared/contract/common.ts';

interface Toast {
  readonly id: number;
  readonly tone: 'plain' | 'bad';
  readonly title: string;
  readonly detail?: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

interface Toasts {
  show(toast: Omit<Toast, 'id' | 'tone'>): void;
  showError(error: ErrorReport): void;
}

const ToastsContext = createContext<Toasts>({ show() {}, showError() {} });

/** Short messages in the corner, for example what was deleted and the button that brings it back. */
export const useToasts = (): Toasts => useContext(ToastsContext);

const SHOWN_MS = 8000;

export function ToastsProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const next = useRef(0);
  const close = useCallback(
    (id: number) => setToasts((shown) => shown.filter((toast) => toast.id !== id)),
    [],
  );
  const add = useCallback(
    (toast: Omit<Toast, 'id'>) => {
      const id = next.current++;
      setToasts((shown) => [...shown.slice(-3), { ...toast, id }]);
      if (toast.tone === 'plain') setTimeout(close, SHOWN_MS, id);
    },
    [close],
  );
  const value = useMemo<Toasts>(
    () => ({
      show: (toast) => add({ ...toast, tone: 'plain' }),
      showError: ({ code, message, next }) =>
        add({ tone: 'bad', title: message, detail: `${next} (${code})` }),
    }),
    [add],
  );
  return (
    <ToastsContext value={value}>
      {children}
      <section className="toasts" aria-label="Messages">
        {toasts.map((toast) => (
          <ToastView key={toast.id} toast={toast} close={() => close(toast.id)} />
        ))}
      </section>
    </ToastsContext>
  );
}

function ToastView({ toast, close }: { toast: Toast; close: () => void }) {
  const { action } = toast;
  return (
    <Notification
      role={toast.tone === 'bad' ? 'alert' : 'status'}
      color={toast.tone === 'bad' ? 'red' : 'gold'}
      title={toast.title}
      onClose={close}
      closeButtonProps={{ 'aria-label': 'Dismiss' }}
      withBorder
    >
      {toast.detail && (
        <Text size="sm" c="dimmed">
          {toast.detail}
        </Text>
      )}
      {action && (
        <Button
          size="compact-sm"
          variant="light"
          mt={6}
          onClick={() => {
            action.run();
            close();
          }}
        >
          {action.label}
        </Button>
      )}
    </Notification>
  );
}
