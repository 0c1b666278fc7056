/** Who is signed in, and where one can go from here. */

import { useRef, useState } from "preact/hooks";
import type { App } from "../state/app";
import { Floating } from "./floating";
import { Icon } from "./icon";

export function AccountMenu({ app }: { app: App }) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const { name, email, is_staff } = app.data.user;
  return (
    <div class="account">
      <button ref={button} class="account-button" type="button" aria-haspopup="menu" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span class="account-initial" aria-hidden="true">
          {[...(name || email)][0]?.toUpperCase()}
        </span>
        <span class="account-name">{name || email}</span>
        <Icon name="dots" />
      </button>
      {open && button.current && (
        <Floating anchor={button.current} kind="menu" label="Account" onClose={() => setOpen(false)}>
          <MenuLink href="/settings/" icon="settings" label="Settings" />
          <MenuLink href="/preferences/" icon="user" label="Preferences" />
          <MenuLink href="/memory/" icon="memory" label="Memory" />
          <MenuLink href="/trash/" icon="trash" label="Trash" />
          {is_staff && <MenuLink href="/admin/" icon="shield" label="Administration" />}
          <button class="menu-item" type="button" role="menuitem" onClick={() => logOut(app)}>
            <Icon name="log-out" />
            Log out
          </button>
        </Floating>
      )}
    </div>
  );
}

function MenuLink({ href, icon, label }: { href: string; icon: string; label: string }) {
  return (
    <a class="menu-item" role="menuitem" href={href}>
      <Icon name={icon} />
      {label}
    </a>
  );
}

/** Submits the page's log-out form. Drafts are forgotten: someone else may use this browser next. */
function logOut(app: App): void {
  app.drafts.clear();
  document.querySelector<HTMLFormElement>("#log-out")?.submit();
}
