/** The toasts at the lower edge. */

import type { Toast, Toasts } from "../state/toasts";
import { focusOn } from "./focus";
import { Icon } from "./icon";

export function ToastList({ toasts }: { toasts: Toasts }) {
  const dismiss = (toast: Toast) => {
    focusOn();
    toasts.dismiss(toast.id);
  };
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.list.value.map((toast) => (
        <div key={toast.id} class="toast floating" onPointerEnter={() => toasts.hold(toast.id)} onPointerLeave={() => toasts.resume(toast)}>
          <span>{toast.text}</span>
          {toast.action && (
            <button
              class="toast-action"
              type="button"
              onClick={() => {
                toast.action?.run();
                dismiss(toast);
              }}
            >
              {toast.action.label}
            </button>
          )}
          <button class="icon-button" type="button" aria-label="Dismiss" onClick={() => dismiss(toast)}>
            <Icon name="x" small />
          </button>
        </div>
      ))}
    </div>
  );
}
