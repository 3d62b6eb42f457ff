/* Puts the power company's chat into any page:
   <script src="https://HALL/static/contacts/chat/widget.js" data-org="UNIT CODE" data-lang="zh" async></script>
   A button and a frame inside a shadow root: the page's styles and ours do not meet, and no name is added to the page. */
(() => {
  const script = document.currentScript;
  const home = new URL(script.src).origin;
  const english = (script.dataset.lang || "zh").startsWith("en");
  const words = english
    ? { open: "Chat with us", close: "Close the chat", title: "Customer service chat", unread: (n) => `${n} new messages` }
    : { open: "在线客服", close: "收起在线客服", title: "在线客服", unread: (n) => `${n} 条新消息` };
  const css = `
    :host { all: initial; }
    button { position: fixed; right: 20px; bottom: 20px; z-index: 2147483000; display: flex; align-items: center; gap: 8px; min-height: 52px;
      padding: 0 20px; border: 0; border-radius: 26px; background: #1d2936; color: #fff; font: 600 16px/1 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif;
      box-shadow: 0 8px 30px rgb(0 0 0 / 25%); cursor: pointer; }
    button:hover { background: #31445a; }
    button:focus-visible { outline: 3px solid #e39a1c; outline-offset: 2px; }
    svg { width: 22px; height: 22px; fill: none; stroke: #f0ad3e; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
    b { min-width: 22px; padding: 4px 6px; border-radius: 11px; background: #b3261e; color: #fff; font-size: 13px; text-align: center; box-sizing: border-box; }
    b:empty { display: none; }
    iframe { position: fixed; right: 20px; bottom: 84px; z-index: 2147483000; width: 400px; height: min(640px, calc(100vh - 110px)); border: 0;
      border-radius: 16px; background: Canvas; box-shadow: 0 12px 48px rgb(0 0 0 / 30%); }
    iframe[hidden] { display: none; }
    @media (max-width: 480px) { iframe { inset: 0; width: 100%; height: 100%; border-radius: 0; } .open button { display: none; } }`;
  const host = document.createElement("div");
  const shadow = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  shadow.adoptedStyleSheets = [sheet];

  const shell = document.createElement("div");
  const button = document.createElement("button");
  button.type = "button";
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  icon.setAttribute("viewBox", "0 0 24 24");
  icon.setAttribute("aria-hidden", "true");
  const stroke = document.createElementNS("http://www.w3.org/2000/svg", "path");
  stroke.setAttribute("d", "M3 20l1.3-3.9C1.976 12.663 2.874 8.228 6.4 5.726s8.59-2.208 11.88.611c3.288 2.819 3.695 7.293.957 10.412C16.511 19.87 11.659 20.922 7.700 19L3 20");
  icon.append(stroke);
  const label = document.createElement("span");
  const badge = document.createElement("b");
  badge.setAttribute("role", "status");
  button.append(icon, label, badge);
  shell.append(button);
  shadow.append(shell);

  let frame = null;
  const shown = () => frame !== null && !frame.hidden;
  const tell = () => frame?.contentWindow?.postMessage({ denghuoChat: { shown: shown() } }, home);
  function paint() {
    label.textContent = shown() ? words.close : words.open;
    button.setAttribute("aria-expanded", String(shown()));
    shell.className = shown() ? "open" : "";
    tell();
  }
  function toggle() {
    if (!frame) {
      frame = document.createElement("iframe");
      frame.title = words.title;
      frame.allow = "clipboard-write";
      const query = new URLSearchParams({ embed: "1", lang: english ? "en" : "zh-hans" });
      if (script.dataset.org) query.set("unit", script.dataset.org);
      frame.src = `${home}/hall/chat/?${query}`;
      frame.addEventListener("load", tell);
      shell.append(frame);
    } else frame.hidden = !frame.hidden;
    paint();
    if (shown()) frame.focus();
    else button.focus();
  }
  button.addEventListener("click", toggle);
  window.addEventListener("keydown", (event) => event.key === "Escape" && shown() && toggle());
  window.addEventListener("message", (event) => {
    if (!frame || event.source !== frame.contentWindow || event.origin !== home) return;
    const said = event.data?.denghuoChat || {};
    if (said.close && shown()) toggle();
    if ("unread" in said) {
      badge.textContent = said.unread ? String(said.unread) : "";
      badge.setAttribute("aria-label", said.unread ? words.unread(said.unread) : "");
    }
  });
  paint();
  const place = () => document.body.append(host);
  if (document.body) place();
  else document.addEventListener("DOMContentLoaded", place);
})();
