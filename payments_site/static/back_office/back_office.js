/* The back office's own JavaScript, under script-src 'self' without eval.
   1. Registers unfold's Alpine components, which the CSP build of Alpine cannot find as globals.
   2. Shows an action's form in a dialog, and presses its button once only. Without it, links lead to the same
      form on a page of its own. */
(() => {
  "use strict";

  document.addEventListener("alpine:init", () => {
    const { Alpine } = window;
    for (const name of ["theme", "searchForm", "searchDropdown", "searchCommand"]) {
      Alpine.data(name, window[name]);
    }
    Alpine.data("shell", () => ({
      activeTab: "general",
      sidebarMobileOpen: false,
      sidebarDesktopOpen: localStorage.getItem("sidebarDesktopOpen") !== "0",
      init() {
        const { firstTab } = document.body.dataset;
        this.activeTab = (firstTab && window.getCurrentTab()) || firstTab || "general";
      },
      toggleSidebar() {
        this.sidebarDesktopOpen = !this.sidebarDesktopOpen;
        localStorage.setItem("sidebarDesktopOpen", this.sidebarDesktopOpen ? "1" : "0");
      },
      formAction() {
        const tab = this.activeTab && this.activeTab !== "general" ? `#${this.activeTab}` : "";
        return window.location.pathname + window.location.search + tab;
      },
    }));
  });

  const IN_DIALOG = { "X-Back-Office-Dialog": "1" };
  let dialog = null;
  let opener = null;

  function ensureDialog() {
    if (dialog) return dialog;
    dialog = document.createElement("dialog");
    dialog.className = "bo-dialog";
    dialog.setAttribute("aria-modal", "true");
    dialog.setAttribute("aria-labelledby", "dialog-title");
    dialog.addEventListener("close", () => {
      dialog.replaceChildren();
      if (opener) opener.focus();
    });
    document.body.append(dialog);
    return dialog;
  }

  function show(html) {
    const box = ensureDialog();
    const page = new DOMParser().parseFromString(html, "text/html");
    box.replaceChildren(...page.body.childNodes);
    if (!box.open) box.showModal();
    const first = box.querySelector("[aria-invalid], input:not([type=hidden]), textarea, select, button, a");
    if (first) first.focus();
  }

  async function open(link) {
    opener = link;
    const answer = await fetch(link.href, { headers: IN_DIALOG, credentials: "same-origin", redirect: "manual" });
    if (answer.ok) show(await answer.text());
    else window.location.assign(link.href);
  }

  async function send(form) {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: IN_DIALOG,
      credentials: "same-origin",
      redirect: "manual",
    });
    const next = answer.headers.get("Back-Office-Location");
    if (next) {
      window.location.assign(next);
      if (new URL(next, window.location.href).pathname === window.location.pathname) window.location.reload();
    } else if (answer.status === 200 || answer.status === 422) {
      show(await answer.text());
    } else {
      window.location.reload();
    }
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-dialog]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
      event.preventDefault();
      open(link);
      return;
    }
    if (event.target.closest("[data-close]") && dialog && dialog.open) {
      event.preventDefault();
      dialog.close();
    }
  });

  // unfold writes a chosen file's name into the first text field that stands near: here that is evidence.
  document.addEventListener(
    "change",
    (event) => {
      if (event.target.matches("input.bo-file")) event.stopPropagation();
    },
    true,
  );

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-once]")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    if (dialog && dialog.contains(form)) {
      event.preventDefault();
      send(form);
    }
    for (const button of form.querySelectorAll("button[type=submit]")) button.disabled = true;
  });
})();
